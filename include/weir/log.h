/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What weir says of itself on standard error, with the "<N>" priorities that
 * journald reads when it is there.  Only the floors daemon and cli call this.
 */
#ifndef WEIR_LOG_H
#define WEIR_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG };

/* Messages above `level` are dropped; `prefixed` writes "<N>" prefixes. */
void	log_init(enum log_level level, int prefixed);
void	log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
