#include "build/diagnose.h"

#include <string.h>

static bool any_of(struct sb_span text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sb_span_find(text, words[i]))
			return true;
	return false;
}

bool sb_diagnose_network(struct sb_span output)
{
	static const char *const words[] = {
		"Temporary failure in name resolution",
		"Name or service not known",
		"Failed to establish a new connection",
		"NewConnectionError",
		"ConnectTimeoutError",
		"ReadTimeoutError",
		"Connection refused",
		"Connection reset by peer",
		"Network is unreachable",
		"No route to host",
		"dns error",
		"failed to lookup address",
		"error sending request for url",
		"operation timed out",
		"503 Server Error",
		"502 Server Error",
		"504 Server Error",
		"500 Server Error",
		"too many 5",
		"503 Service Unavailable",
		"502 Bad Gateway",
		"504 Gateway",
		"CERTIFICATE_VERIFY_FAILED",
	};

	return any_of(output, words, SB_COUNT(words));
}

bool sb_diagnose_no_wheel(struct sb_span output)
{
	static const char *const words[] = {
		"Could not find a version that satisfies",
		"No matching distribution found",
		"No solution found when resolving",
		"has no wheels",
		"has no usable wheels",
		"no wheels with a matching",
		"Building source distributions",
		"source distributions is disabled",
		"only-binary",
		"no-binary",
		"No matching",
		"ResolutionImpossible",
	};

	return any_of(output, words, SB_COUNT(words));
}
