#include <stdio.h>

#include "hello.h"

int main(int argc, char **argv)
{
    printf("%s\n", greeting());
    printf("%d\n", sum_of(argc - 1, argv + 1));
    return 0;
}
