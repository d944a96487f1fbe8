/* SPDX-License-Identifier: Apache-2.0 */
#include "front/front.h"

int main(int argc, char **argv)
{
    return bolt_front_main(argc, argv);
}
