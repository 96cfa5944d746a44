// SPDX-License-Identifier: MIT
#include "model/signal.h"

#include <errno.h>
#include <stdlib.h>

int signals_push(struct list *queue, struct slice name, struct slice value, struct err *err)
{
    struct signal *signal = malloc(sizeof(*signal) + name.len + value.len);

    if (!signal)
        return err_set(err, -ENOMEM, "no memory for a signal");
    if (name.len)
        memcpy(signal->bytes, name.ptr, name.len);
    if (value.len)
        memcpy(signal->bytes + name.len, value.ptr, value.len);
    signal->name = slice_of(signal->bytes, name.len);
    signal->value = slice_of(signal->bytes + name.len, value.len);
    list_append(queue, &signal->link);
    return 0;
}

struct signal *signals_take(struct list *queue, struct slice name)
{
    list_each(it, queue) {
        struct signal *signal = container_of(it, struct signal, link);
        if (slice_equal(signal->name, name)) {
            list_remove(it);
            return signal;
        }
    }
    return NULL;
}

void signals_release(struct list *queue)
{
    list_each_safe(it, queue)
        free(container_of(it, struct signal, link));
    list_init(queue);
}
