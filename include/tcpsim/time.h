/* Virtual time.
 *
 * Time in the laboratory is a signed 64-bit count of nanoseconds since the start of the run. It is
 * an integer everywhere, so that a run gives the same bytes on every machine. */
#ifndef TCPSIM_TIME_H
#define TCPSIM_TIME_H

#include <stdint.h>

typedef int64_t sim_time_t;

#define SIM_NANOSECOND  ((sim_time_t)1)
#define SIM_MICROSECOND ((sim_time_t)1000)
#define SIM_MILLISECOND ((sim_time_t)1000000)
#define SIM_SECOND      ((sim_time_t)1000000000)
#define SIM_MINUTE      (60 * SIM_SECOND)

/* Later than every event: a timer that is not armed. */
#define SIM_NEVER INT64_MAX

/* The longest duration that may be asked for (31 years), and the end of time (126 years): events
 * after it never happen. So a time of the run plus a few durations is always a sim_time_t. */
#define SIM_DURATION_MAX ((sim_time_t)1000000000000000000)
#define SIM_HORIZON      ((sim_time_t)4000000000000000000)

#endif
