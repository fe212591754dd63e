/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From texts of a request to values of the vocabulary. What is wrong becomes a fault at its place:
 * a JSON pointer in the body, "?name" for a query parameter, "{name}" for a part of the path.
 */
#ifndef COREGATE_API_INPUT_H
#define COREGATE_API_INPUT_H

#include "api/body.h"
#include "api/plan.h"

/* Each returns false after adding a fault, with the out-parameter untouched. */
MUST_CHECK bool input_parse_name(
        const struct plan_input *input, const char *place, const char *text, struct name *ret_name);
MUST_CHECK bool input_parse_type(
        const struct plan_input *input, const char *place, const char *text, uint16_t *ret_type);
MUST_CHECK bool input_parse_value(const struct plan_input *input, const char *place, uint16_t type,
        const char *text, struct rdata *ret_value);

/* Several values of one type, sorted and without duplicates (a duplicate is a fault). */
MUST_CHECK bool input_parse_values(const struct plan_input *input, const char *place, uint16_t type,
        const struct strings *texts, struct rrset *rrset);

/* The query parameter's value as text, or NULL; plus: a number from minimum to maximum. */
const char *input_query(const struct plan_input *input, const char *name);
MUST_CHECK bool input_query_number(
        const struct plan_input *input, const char *name, unsigned maximum, unsigned *number);

/* {name}/{type} of the path, both faulted in one go. */
MUST_CHECK bool input_parse_path_rrset(
        const struct plan_input *input, struct name *ret_owner, uint16_t *ret_type);

/* As before, and the type must be one that clients may write. */
MUST_CHECK bool input_check_writable(
        const struct plan_input *input, const char *place, uint16_t type);

/* A change of one op, zeroed but for its kind and the request's preconditions. NULL with a fault
 * when the arena is full or a precondition cannot be parsed. */
struct op *input_put_op(const struct plan_input *input, enum op_kind kind, struct plan *plan);

/* The TTL of the op: the given one, or the default for an RRset that is new. */
void input_put_ttl(const struct plan_input *input, struct op *op, struct ttl ttl);

#endif
