// The time of day, shifted for one program that is started with this library before all others (LD_PRELOAD).
// How far, in milliseconds, stands in the first eight bytes of the file that CLOCK_SHIFT names, and may change at any time.
// The monotonic clock stays as it is. Waits that end at a time of day end when they should.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t none;
static const volatile int64_t *shift = &none;
static int (*gettime)(clockid_t, struct timespec *);
static int (*timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
static int (*c11_timedwait)(cnd_t *, mtx_t *, const struct timespec *);

__attribute__((constructor)) static void begin(void) {
    gettime = dlsym(RTLD_NEXT, "clock_gettime");
    // On some machines the C library has it twice, and `dlsym` finds the older one, for conditions of another shape.
    timedwait = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!timedwait) timedwait = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    c11_timedwait = dlsym(RTLD_NEXT, "cnd_timedwait");
    const char *name = getenv("CLOCK_SHIFT");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) abort();
    void *page = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
    if (page == MAP_FAILED) abort();
    shift = page;
    close(file);
}

static void move(struct timespec *at, int64_t ms) {
    int64_t ns = at->tv_nsec + ms % 1000 * 1000000;
    int64_t over = ns < 0 ? -1 : ns / 1000000000;
    at->tv_sec += ms / 1000 + over;
    at->tv_nsec = ns - over * 1000000000;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    // Others may ask before this library has begun.
    if (!gettime) gettime = dlsym(RTLD_NEXT, "clock_gettime");
    int answer = gettime(clock, at);
    if (answer == 0 && clock == CLOCK_REALTIME) move(at, *shift);
    return answer;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    (void)zone;
    struct timespec now;
    int answer = clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return answer;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until) {
    struct timespec real = *until;
    move(&real, -*shift);
    return timedwait(condition, mutex, &real);
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict until) {
    struct timespec real = *until;
    move(&real, -*shift);
    return c11_timedwait(condition, mutex, &real);
}
