// SPDX-License-Identifier: MIT
// Questions: what ASK steps wait for, a person's answer. An answer settles its step, as
// the end of a sleep does; the questions that are open are shown in the job's head.
#pragma once

#include "model/job.h"

// An ASK step's arguments, as the Lua host encodes them: a map with
//   approve   true           yes or no is asked for; else:
//   choices   array of str   one of these; absent: any text
//   question  str
//   within    int            milliseconds; absent: for ever
//
// What the head has of each open question, oldest first, in one array:
//   question  array [ number, host, text, approve, choices ]     (MessagePack)
struct question {
    uint64_t no;           // event number of its intent: what an answer names it by
    struct slice host;     // that its strand is on; empty: none
    struct slice text;
    bool approve;
    const value *choices;  // array, or nil
};

bool job_asks(const struct job *job);
// Appends the head's array; nothing when no question is open. children: of all the job's,
// zero before; tells each what is asked on its host. buf fails for want of memory.
void questions_fill(const struct job *job, struct child_head *children, struct buf *buf);
// Reads a head's array, and says how many there are. doc: holds what ret points to.
size_t questions_decode(struct slice questions, struct value_doc *doc, value *ret);
// The i-th of them.
struct question question_of(const value *questions, size_t i);
// The open question of that number; 0: the only one (of that host, when it is not empty).
// ERR_STATE: none, or several.
int question_find(const struct job *job, uint64_t no, struct slice host, struct strand **ret,
                  struct err *err);
// Appends the encoded value of an answer that is given as text. ERR_USAGE: it is none of
// those that are possible.
int question_answer(const struct strand *strand, struct slice answer, struct buf *ret,
                    struct err *err);
