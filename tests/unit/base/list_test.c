// SPDX-License-Identifier: MIT
// A list is a ring in both directions, its head included, and what is not in one points
// at itself; the order is that of the appends.
#include "base/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/base/random.h"

enum { ITEMS = 20, STEPS = 5000 };

struct item {
    int before; // so that the link is not the first member
    struct list link;
};

static struct item *item_of(struct list *link) { return container_of(link, struct item, link); }

// The list holds exactly these, in this order, and is whole from both sides.
static void holds(struct list *head, struct item *const *order, size_t count)
{
    size_t i = 0;

    list_each(it, head) {
        assert_true(i < count);
        assert_ptr_equal(item_of(it), order[i++]);
        assert_ptr_equal(it->prev->next, it);
        assert_ptr_equal(it->next->prev, it);
    }
    assert_int_equal(i, count);
    assert_ptr_equal(head->prev->next, head);
    assert_ptr_equal(head->next->prev, head);
    assert_int_equal(list_is_empty(head), count == 0);
    assert_ptr_equal(list_first(head), count ? &order[0]->link : NULL);
}

static void what_is_alone_points_at_itself(void **state)
{
    struct list head;
    struct item item;

    (void)state;
    list_init(&head);
    holds(&head, NULL, 0);
    list_init(&item.link);
    assert_true(list_is_empty(&item.link));
    list_append(&head, &item.link);
    assert_false(list_is_empty(&item.link));
    list_remove(&item.link);
    assert_true(list_is_empty(&item.link));
    assert_true(list_is_empty(&head));
    list_remove(&item.link); // nothing: it is in no list
    assert_true(list_is_empty(&item.link));
}

static size_t order_remove(struct item **order, size_t count, const struct item *item)
{
    size_t i = 0;

    while (order[i] != item)
        i++;
    memmove(order + i, order + i + 1, (count - i - 1) * sizeof(*order));
    return count - 1;
}

static void any_sequence_matches_an_array(void **state)
{
    struct item items[ITEMS], *order[ITEMS];
    struct list head;
    size_t count = 0;
    uint64_t seed = 11;

    (void)state;
    list_init(&head);
    for (size_t i = 0; i < ITEMS; i++)
        list_init(&items[i].link);
    for (int step = 0; step < STEPS; step++) {
        struct item *item = &items[random_below(&seed, ITEMS)];
        if (list_is_empty(&item->link)) {
            list_append(&head, &item->link);
            order[count++] = item;
        } else {
            list_remove(&item->link);
            count = order_remove(order, count, item);
        }
        holds(&head, order, count);
    }
}

static void a_safe_walk_may_remove(void **state)
{
    struct item items[ITEMS], *kept[ITEMS];
    struct list head;
    size_t walked = 0, count = 0;

    (void)state;
    list_init(&head);
    for (int i = 0; i < ITEMS; i++) {
        items[i].before = i;
        list_append(&head, &items[i].link);
    }
    list_each_safe(it, &head) {
        if (item_of(it)->before % 3)
            list_remove(it);
        else
            kept[count++] = item_of(it);
        walked++;
    }
    assert_int_equal(walked, ITEMS);
    holds(&head, kept, count);
    list_each_safe(it, &head)
        list_remove(it);
    holds(&head, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_alone_points_at_itself),
        cmocka_unit_test(any_sequence_matches_an_array),
        cmocka_unit_test(a_safe_walk_may_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
