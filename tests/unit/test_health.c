#include "state.h"
#include "release/health.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* A server on 127.0.0.1 that answers request number i with the i-th text, the last one for ever. */
struct server {
	int port;
	pid_t pid;
};

static void serve(int fd, const char *const *answers)
{
	for (size_t i = 0;;) {
		char request[4096];
		int client = accept(fd, NULL, NULL);

		if (client < 0)
			_exit(1);

		ssize_t n = recv(client, request, sizeof(request) - 1, 0);

		request[n > 0 ? n : 0] = '\0';
		FILE *file = fopen(at("request"), "w");

		fputs(request, file);
		fclose(file);
		(void)!write(client, answers[i], strlen(answers[i]));
		close(client);
		i += answers[i + 1] != NULL;
	}
}

static struct server start(const char *const *answers)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct server server = { 0 };
	socklen_t size = sizeof(to);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&to, size), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&to, &size), 0);
	server.port = ntohs(to.sin_port);
	server.pid = fork();
	if (server.pid == 0)
		serve(fd, answers);
	close(fd);
	return server;
}

static int check(struct sb_error *err, const char *const *answers, int64_t seconds)
{
	struct server server = start(answers);
	SB_AUTO(sb_log) log = SB_LOG_INIT;
	struct sb_health health = {
		.port = server.port, .path = "/up", .host = "blog.example.com", .seconds = seconds
	};
	int result = sb_health_wait(&health, &log, err);

	kill(server.pid, SIGKILL);
	waitpid(server.pid, NULL, 0);
	return result;
}

static void health_takes_2xx_and_3xx_and_asks_as_promised(void **out)
{
	static const char *const good[] = { "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 301 x\r\n\r\n",
					    "HTTP/1.1 204\r\n\r\n" };
	struct sb_error err = { 0 };

	(void)out;
	for (size_t i = 0; i < SB_COUNT(good); i++) {
		const char *const answers[] = { good[i], NULL };

		assert_int_equal(check(&err, answers, 5), 0);
	}
	sh("grep -q '^GET /up HTTP/1.1' request && grep -q '^Host: blog.example.com' request && "
	   "grep -q '^X-Forwarded-Proto: https' request");
}

static void health_waits_for_an_app_that_warms_up(void **out)
{
	static const char *const answers[] = { "", "HTTP/1.1 503 x\r\n\r\n",
					       "HTTP/1.1 400 x\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
					       NULL };
	struct sb_error err = { 0 };

	(void)out;
	assert_int_equal(check(&err, answers, 10), 0);
}

static void health_says_what_it_saw_last(void **out)
{
	static const struct {
		const char *answer, *text, *fix;
	} cases[] = {
		{ "HTTP/1.1 500 Internal Server Error\r\n\r\n",
		  "\"HTTP/1.1 500 Internal Server Error\"", "output" },
		{ "HTTP/1.1 400 Bad Request\r\n\r\n", "400", "ALLOWED_HOSTS" },
		{ "HTTP/1.1 404 Not Found\r\n\r\n", "404", "healthPath" },
		{ "SSH-2.0-x\r\n", "does not speak HTTP", "" },
		{ "HTTP/1.1 2000\r\n", "does not speak HTTP", "" },
	};

	(void)out;
	for (size_t i = 0; i < SB_COUNT(cases); i++) {
		const char *const answers[] = { cases[i].answer, NULL };
		struct sb_error err = { 0 };

		assert_int_equal(check(&err, answers, 1), -1);
		assert_int_equal(err.code, SB_EBUILD);
		assert_non_null(strstr(err.text, cases[i].text));
		assert_non_null(strstr(err.fix, cases[i].fix));
	}
}

static void health_explains_a_port_nobody_listens_on(void **out)
{
	SB_AUTO(sb_log) log = SB_LOG_INIT;
	struct sb_error err = { 0 };
	struct sb_health health = {
		.port = sb_free_port(), .path = "/", .host = "x", .seconds = 1
	};

	(void)out;
	assert_true(health.port > 0);
	assert_int_equal(sb_health_wait(&health, &log, &err), -1);
	assert_non_null(strstr(err.text, "nothing listens on port"));
	assert_non_null(strstr(err.fix, "$PORT"));
}

static void health_gives_up_at_once_when_the_process_has_ended(void **out)
{
	SB_AUTO(sb_log) log = SB_LOG_INIT;
	struct sb_error err = { 0 };
	struct sb_health health = {
		.port = sb_free_port(), .path = "/", .host = "x", .seconds = 60
	};
	int status = 0;

	(void)out;
	health.pid = fork();
	if (health.pid == 0)
		_exit(3);
	assert_int_equal(sb_health_wait(&health, &log, &err), -1);
	assert_string_equal(err.text, "the web process ended with status 3");
	assert_int_equal(waitpid(health.pid, &status, 0), health.pid);
}

static void health_refuses_what_would_forge_a_request(void **out)
{
	static const char *const bad[] = { "up", "", "/a b", "/a\r\nX: y" };
	SB_AUTO(sb_log) log = SB_LOG_INIT;
	struct sb_error err = { 0 };

	(void)out;
	for (size_t i = 0; i < SB_COUNT(bad); i++) {
		struct sb_health health = { .port = 1, .path = bad[i], .host = "x", .seconds = 1 };

		assert_int_equal(sb_health_wait(&health, &log, &err), -1);
		assert_int_equal(err.code, SB_ECONFIG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(health_takes_2xx_and_3xx_and_asks_as_promised),
		cmocka_unit_test(health_waits_for_an_app_that_warms_up),
		cmocka_unit_test(health_says_what_it_saw_last),
		cmocka_unit_test(health_explains_a_port_nobody_listens_on),
		cmocka_unit_test(health_gives_up_at_once_when_the_process_has_ended),
		cmocka_unit_test(health_refuses_what_would_forge_a_request),
	};

	return cmocka_run_group_tests_name("health", tests, scratch_make, scratch_drop);
}
