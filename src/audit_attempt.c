/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audit_attempt.h"

#include "core/log.h"
#include "execute.h"

static const char *attempt_detail(const struct exchange *x)
{
	if (x->detail != NULL)
		return x->detail;
	return x->faults.count > 0 ? x->faults.items[0].detail : err_sentence(x->err);
}

static void note_loss(struct exchange *x, enum err err)
{
	if (err == ERR_OK)
		return;
	metrics_add(x->pipeline->settings.shared->metrics, METRIC_AUDIT_ATTEMPTS_LOST, 1);
	log_warning("the audit log misses a refused attempt, request %s: %s", x->request.request_id,
	        err_sentence(err));
}

void audit_attempt(struct exchange *x)
{
	if (x->err == ERR_RATE_LIMITED || x->err == ERR_UNAVAILABLE)
		return;
	struct change attempt = { .refused = x->err, .refused_detail = attempt_detail(x) };
	x->kept_outcome = x->outcome;
	note_loss(x, execute_send(x, &attempt));
}

void audit_attempt_go_on(struct exchange *x, enum task_event event)
{
	enum err err = execute_receive(x, event);
	if (err == ERR_OK)
		err = x->outcome.err == x->err ? ERR_OK : x->outcome.err;
	x->outcome = x->kept_outcome;
	note_loss(x, err);
}
