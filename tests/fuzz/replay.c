/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The main of a fuzz target that is built without libFuzzer: feeds it every file of the folders
 * (or every file) named as arguments. Without arguments fuzz_<what> takes tests/fuzz/corpus/<what>.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((weak)) int LLVMFuzzerInitialize(int *argument_count, char ***arguments);

static unsigned replayed_count;

static int fail(const char *path)
{
	fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
	return 1;
}

static int replay_file(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return fail(path);
	/* Exactly as large as the input, so that a sanitizer sees every byte read past it. */
	uint8_t *data = malloc(size > 0 ? size : 1);
	size_t got = data == NULL ? 0 : fread(data, 1, size, file);
	fclose(file);
	if (data == NULL || got != size) {
		free(data);
		return fail(path);
	}
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	replayed_count++;
	return 0;
}

static int replay_folder(const char *path)
{
	DIR *folder = opendir(path);
	if (folder == NULL)
		return fail(path);
	int failed = 0;
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		char inner[PATH_MAX];
		struct stat status;
		if (entry->d_name[0] == '.')
			continue;
		int length = snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
		if (length < 0 || (size_t)length >= sizeof(inner) || stat(inner, &status) != 0)
			failed |= fail(entry->d_name);
		else if (S_ISREG(status.st_mode))
			failed |= replay_file(inner, (size_t)status.st_size);
	}
	closedir(folder);
	return failed;
}

static int replay(const char *path)
{
	struct stat status;
	if (stat(path, &status) != 0)
		return fail(path);
	return S_ISDIR(status.st_mode) ? replay_folder(path)
	                               : replay_file(path, (size_t)status.st_size);
}

static int replay_own_corpus(const char *program)
{
	char path[PATH_MAX];
	const char *what = strstr(program, "fuzz_");
	for (const char *next = what; next != NULL; next = strstr(next + 1, "fuzz_"))
		what = next;
	if (what == NULL) {
		fprintf(stderr, "replay: which corpus? name a folder\n");
		return 1;
	}
	int length = snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", TOP_SRCDIR, what + 5);
	return length < 0 || (size_t)length >= sizeof(path) ? 1 : replay(path);
}

int main(int argument_count, char **arguments)
{
	int failed = 0;
	if (LLVMFuzzerInitialize != NULL)
		LLVMFuzzerInitialize(&argument_count, &arguments);
	for (int i = 1; i < argument_count; i++)
		failed |= replay(arguments[i]);
	if (argument_count < 2)
		failed |= replay_own_corpus(arguments[0]);
	printf("%s: %u inputs replayed\n", arguments[0], replayed_count);
	return failed || replayed_count == 0;
}
