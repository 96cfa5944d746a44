#include <stdlib.h>

#include "hello.h"

int sum_of(int count, char **words)
{
    int sum = 0;

    for (int i = 0; i < count; i++)
        sum += atoi(words[i]);
    return sum;
}
