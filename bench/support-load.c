/*
 * load DIR CGROUPS PROCESSES FORKS_A_SECOND: makes so many cgroups below DIR, with so many sleeping processes in them, and
 * forks so many a second that exit at once. Prints "ready", then forks until its stdin ends; then it removes all again.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t *sleepers;
static long asked;

static void enter(const char *dir, long cgroup, pid_t pid)
{
	char path[512], text[32];
	snprintf(path, sizeof path, "%s/c%05ld/cgroup.procs", dir, cgroup);
	int fd = open(path, O_WRONLY);
	if (fd < 0)
		return;
	int length = snprintf(text, sizeof text, "%d", pid);
	if (write(fd, text, length) != length)
		perror(path);
	close(fd);
}

static pid_t sleeper(void)
{
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

static double now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec + at.tv_nsec / 1e9;
}

int main(int count, char **argument)
{
	if (count != 5)
		return 2;
	const char *dir = argument[1];
	long cgroups = atol(argument[2]), processes = atol(argument[3]), forks = atol(argument[4]);
	char path[512];
	mkdir(dir, 0755);
	for (long at = 0; at < cgroups; at++) {
		snprintf(path, sizeof path, "%s/c%05ld", dir, at);
		if (mkdir(path, 0755) < 0) {
			perror(path);
			cgroups = at;
		}
	}
	sleepers = calloc(processes, sizeof *sleepers);
	for (; asked < processes; asked++) {
		pid_t pid = sleepers[asked] = sleeper();
		if (pid < 0) {
			perror("fork");
			break;
		}
		if (cgroups > 0)
			enter(dir, asked % cgroups, pid);
	}
	printf("ready %ld %ld\n", cgroups, asked);
	fflush(stdout);

	/* Nobody waits for those that exit at once: the kernel does. */
	signal(SIGCHLD, SIG_IGN);
	double began = now();
	long forked = 0;
	struct pollfd in = { .fd = 0, .events = POLLIN };
	while (poll(&in, 1, 5) == 0) {
		long due = (now() - began) * forks;
		for (int most = 200; forked < due && most > 0; most--, forked++)
			if (fork() == 0)
				_exit(0);
		if (due - forked > forks)
			began = now() - (double)forked / forks; /* the machine does not keep up: no burst later */
	}
	printf("forked %ld\n", forked);
	for (long at = 0; at < asked; at++)
		kill(sleepers[at], SIGKILL);
	while (wait(NULL) > 0)
		;
	for (long at = 0; at < cgroups; at++) {
		snprintf(path, sizeof path, "%s/c%05ld", dir, at);
		for (int tries = 0; rmdir(path) < 0 && tries < 50; tries++)
			usleep(10000);
	}
	rmdir(dir);
	return 0;
}
