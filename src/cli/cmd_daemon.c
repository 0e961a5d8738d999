/* SPDX-License-Identifier: Apache-2.0 */
/* weir daemon: the service, in the foreground. */
#include <getopt.h>
#include <stddef.h>

#include "weir/cli.h"
#include "weir/daemon.h"
#include "weir/log.h"

static int
run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	const char	*config = NULL;
	struct error	 err = { "" };
	int		 c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (c != 'c')
			return EXIT_USAGE;
		config = optarg;
	}
	if (optind < argc)
		return cli_usage("daemon takes no \"%s\"", argv[optind]);
	if (daemon_run(config, &err) == 0)
		return EXIT_OK;
	log_error("%s", err.text);
	return EXIT_WORLD;
}

const struct command cmd_daemon = {
	"daemon",
	"[-c FILE]",
	"watch the logs of this host, in the foreground",
	"  -c, --config FILE  configuration (default: /etc/weir/weir.conf)\n"
	"\n"
	"SIGHUP reads the configuration anew; SIGTERM and SIGINT end it after\n"
	"what was read is stored.\n",
	run,
};
