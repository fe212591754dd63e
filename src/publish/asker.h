/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asks every CoreDNS for an RRset, again and again until all answer as expected or time is up: the
 * work behind /verify. Over UDP, and over TCP when an answer is truncated. Many questions at once,
 * nothing blocks: the owner polls one descriptor and calls asker_step.
 *
 * The rounds follow each other after ASKER_FIRST_MS, each pause twice the one before up to
 * ASKER_MOST_MS, with jitter; the last round begins when the time is up.
 */
#ifndef COREGATE_PUBLISH_ASKER_H
#define COREGATE_PUBLISH_ASKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "dns/verify.h"

#define ASKER_QUESTIONS_MAX 256u /* at once */
#define ASKER_FIRST_MS      50
#define ASKER_MOST_MS       1000
#define ASKER_ROUND_MOST_MS 2000 /* a round never waits longer for answers */

struct asker;

struct asker_settings {
	const char *const *addresses; /* publish/address.h; must stay valid */
	size_t count;
	int64_t round_ms; /* how long a round waits for answers */
	void (*random)(void *ret_bytes, size_t length);
	/* A question is answered, or its time is up. The report is valid during the call, in which
	 * the asker must not be called. */
	void (*done)(void *context, void *token, const struct verify_question *question,
	        const struct verify_report *report);
	void *context;
};

/* ERR_BAD_REQUEST for an address, ERR_UNAVAILABLE with errno. */
MUST_CHECK enum err asker_open(const struct asker_settings *settings, struct asker **ret_asker);
void asker_close(struct asker *asker); /* NULL is accepted; nobody is told any more */

/* Begins with a question, which is copied; token comes back with the report. ERR_OVERLOADED when
 * there are too many, ERR_UNAVAILABLE without memory. */
MUST_CHECK enum err asker_ask(struct asker *asker, const struct verify_question *question,
        void *token, int64_t steady_ms);

/* Forgets all questions of a token. */
void asker_forget(struct asker *asker, const void *token);

/* The descriptor to poll for input. */
int asker_fd(const struct asker *asker);

/* When asker_step must be called again, at the latest; INT64_MAX: only on input. */
int64_t asker_due_ms(const struct asker *asker);

/* Takes what has come, sends what is due, tells what is done. */
void asker_step(struct asker *asker, int64_t steady_us);

#endif
