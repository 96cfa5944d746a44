// SPDX-License-Identifier: MIT
// The nearest name is found, in whatever order names come; what is far, or long, gets
// no suggestion rather than a silly one.
#include "base/suggest.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "unit/base/random.h"

enum { NAMES_MAX = 8, ROUNDS = 2000 };

static struct suggest nearest(const char *wanted, const char *const *names)
{
    struct suggest suggest;

    suggest_begin(&suggest, slice_str(wanted));
    for (; *names; names++)
        suggest_add(&suggest, slice_str(*names));
    return suggest;
}

static void distances_count_edits(void **state)
{
    static const struct {
        const char *wanted, *name;
        size_t distance;
    } cases[] = {
        { "timeout", "timeout", 0 }, { "tiemout", "timeout", 1 }, // a swap of neighbours
        { "timout", "timeout", 1 },  { "timeeout", "timeout", 1 }, { "timwout", "timeout", 1 },
        { "tmieuot", "timeout", 2 }, { "a-kitten", "a-sitting", 3 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct suggest s = nearest(cases[i].wanted, (const char *[]){ cases[i].name, NULL });
        assert_true(slice_is(s.best, cases[i].name));
        assert_int_equal(s.distance, cases[i].distance);
    }
}

static void the_nearest_wins(void **state)
{
    static const char *const verbs[] = { "start", "status", "stop", "suspend", "signal", NULL };

    (void)state;
    assert_true(slice_is(nearest("satrt", verbs).best, "start"));
    assert_true(slice_is(nearest("stat", verbs).best, "start"));
    assert_true(slice_is(nearest("statis", verbs).best, "status"));
    assert_true(slice_is(nearest("sotp", verbs).best, "stop"));
}

static void what_is_far_is_not_suggested(void **state)
{
    static const char *const names[] = { "x", "get", "run", "wait", NULL };
    static const char *const far[] = { "", "y", "xy", "foo", "tug", "tomorrow" };

    (void)state;
    for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++)
        if (nearest(far[i], names).best.len)
            fail_msg("%s: %.*s", far[i], SLICE_ARG(nearest(far[i], names).best));
}

static void long_names_are_passed_over(void **state)
{
    char longest[SUGGEST_NAME_MAX + 1], longer[SUGGEST_NAME_MAX + 2];

    (void)state;
    memset(longest, 'n', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = 0;
    memset(longer, 'n', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = 0;
    assert_true(slice_is(nearest(longest, (const char *[]){ longest, NULL }).best, longest));
    assert_int_equal(nearest(longest, (const char *[]){ longer, NULL }).best.len, 0);
    assert_int_equal(nearest(longer, (const char *[]){ longest, NULL }).best.len, 0);
}

static void shuffle(const char **names, size_t count, uint64_t *seed)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = random_below(seed, i);
        const char *swapped = names[i - 1];
        names[i - 1] = names[j];
        names[j] = swapped;
    }
}

// Words over two letters: ties are many.
static void the_order_of_names_does_not_matter(void **state)
{
    uint64_t seed = 17;
    int ties = 0;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        char words[NAMES_MAX][6], wanted[6];
        const char *names[NAMES_MAX + 1] = { 0 };
        struct suggest first, again;
        for (size_t w = 0; w <= NAMES_MAX; w++) {
            char *word = w < NAMES_MAX ? words[w] : wanted;
            for (size_t i = 0; i < 5; i++)
                word[i] = random_below(&seed, 2) ? 'a' : 'b';
            word[5] = 0;
            if (w < NAMES_MAX)
                names[w] = words[w];
        }
        first = nearest(wanted, names);
        shuffle(names, NAMES_MAX, &seed);
        again = nearest(wanted, names);
        assert_true(slice_equal(first.best, again.best));
        ties += first.best.len > 0 && !slice_is(first.best, wanted);
    }
    assert_true(ties > ROUNDS / 2); // the case is met
}

static void a_suggestion_has_words(void **state)
{
    char text[SUGGEST_NAME_MAX + 32];
    struct suggest near = nearest("abuot", (const char *[]){ "about", NULL });
    struct suggest far = nearest("xyz", (const char *[]){ "about", NULL });

    (void)state;
    assert_string_equal(suggest_text(&near, text), "; did you mean 'about'?");
    assert_string_equal(suggest_text(&far, text), "");
}

static void where_none_is_near_all_are_named(void **state)
{
    char text[SUGGEST_LIST_MAX];
    const char *const names[] = { "one", "two", NULL };
    struct suggest near = nearest("onne", names), far = nearest("xyz", names);
    struct suggest of_none = nearest("xyz", names + 2), of_many;

    (void)state;
    assert_string_equal(suggest_or_list(&near, text), "; did you mean 'one'?");
    assert_string_equal(suggest_or_list(&far, text), "; it takes one, two");
    assert_string_equal(suggest_or_list(&of_none, text), "; it takes none");
    suggest_begin(&of_many, SLICE("x"));
    for (int i = 0; i < 100; i++)
        suggest_add(&of_many, SLICE("something"));
    suggest_or_list(&of_many, text);
    assert_true(strlen(text) > SUGGEST_LIST_MAX - 100 && strlen(text) < SUGGEST_LIST_MAX);
    assert_string_equal(text + strlen(text) - 14, "something, …");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_count_edits),
        cmocka_unit_test(the_nearest_wins),
        cmocka_unit_test(what_is_far_is_not_suggested),
        cmocka_unit_test(long_names_are_passed_over),
        cmocka_unit_test(the_order_of_names_does_not_matter),
        cmocka_unit_test(a_suggestion_has_words),
        cmocka_unit_test(where_none_is_near_all_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
