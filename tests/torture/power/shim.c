/* Keeps a log of everything that a process does to the files of one folder, in the order in which it
   happens, so that a test can tell what a disk would still have after its power was cut. Loaded with
   LD_PRELOAD; POWER_ROOT is the folder, POWER_LOG the log, POWER_LIES=1 leaves every fsync out. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum kind { CREATE = 1, WRITE, TRUNCATE, SYNC, UNLINK, RENAME };

struct head {
  uint32_t kind;
  uint32_t path_length;
  /* Offset of a write, size of a truncation, records there were when a sync began. */
  uint64_t place;
  uint64_t data_length;
  /* Microseconds since 1970 when it was over. */
  uint64_t at;
};

#define MOST 4096
static char *names[MOST];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *root;
static int log_file = -1;
static uint64_t records;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("POWER_LOG");
  root = getenv("POWER_ROOT");
  if (root && path)
    log_file = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int ours(const char *path) {
  return log_file >= 0 && path && strncmp(path, root, strlen(root)) == 0;
}

static const char *name_of(int fd) { return fd >= 0 && fd < MOST ? names[fd] : NULL; }

/* With the lock held: the order of the log is the order of what happened. */
static void note(enum kind kind, const char *path, uint64_t place, const void *data, size_t length) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t at = now.tv_sec * 1000000ull + now.tv_nsec / 1000;
  struct head head = {kind, strlen(path), place, length, at};
  size_t size = sizeof head + head.path_length + length;
  char *record = malloc(size);
  memcpy(record, &head, sizeof head);
  memcpy(record + sizeof head, path, head.path_length);
  if (length) memcpy(record + sizeof head + head.path_length, data, length);
  /* A log with a gap would accuse the server of our own fault. */
  if (syscall(SYS_write, log_file, record, size) != (long)size) abort();
  free(record);
  records++;
}

static int opened(int directory, const char *path, int flags, mode_t mode) {
  if (!ours(path)) return syscall(SYS_openat, directory, path, flags, mode);
  int saved;
  pthread_mutex_lock(&lock);
  int fresh = (flags & O_CREAT) && access(path, F_OK) != 0;
  int fd = syscall(SYS_openat, directory, path, flags, mode);
  saved = errno;
  if (fd >= 0 && fd < MOST) {
    free(names[fd]);
    names[fd] = strdup(path);
    if (fresh) note(CREATE, path, 0, NULL, 0);
    else if (flags & O_TRUNC) note(TRUNCATE, path, 0, NULL, 0);
  }
  pthread_mutex_unlock(&lock);
  errno = saved;
  return fd;
}

#define MODE(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list rest; \
    va_start(rest, flags); \
    mode = va_arg(rest, mode_t); \
    va_end(rest); \
  }

int open(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int openat(int directory, const char *path, int flags, ...) { MODE(flags) return opened(directory, path, flags, mode); }

int close(int fd) {
  if (!name_of(fd)) return syscall(SYS_close, fd);
  pthread_mutex_lock(&lock);
  free(names[fd]);
  names[fd] = NULL;
  int result = syscall(SYS_close, fd);
  pthread_mutex_unlock(&lock);
  return result;
}

static ssize_t written(int fd, const void *data, size_t length, off_t at) {
  pthread_mutex_lock(&lock);
  if (at < 0) at = lseek(fd, 0, SEEK_CUR);
  ssize_t result = syscall(SYS_pwrite64, fd, data, length, at);
  int saved = errno;
  if (result > 0) note(WRITE, names[fd], at, data, result);
  pthread_mutex_unlock(&lock);
  errno = saved;
  return result;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off_t at) {
  return name_of(fd) ? written(fd, data, length, at) : syscall(SYS_pwrite64, fd, data, length, at);
}
ssize_t pwrite(int fd, const void *data, size_t length, off_t at) { return pwrite64(fd, data, length, at); }

ssize_t write(int fd, const void *data, size_t length) {
  if (!name_of(fd)) return syscall(SYS_write, fd, data, length);
  ssize_t result = written(fd, data, length, -1);
  if (result > 0) lseek(fd, result, SEEK_CUR);
  return result;
}

static int truncated(int fd, off_t size) {
  if (!name_of(fd)) return syscall(SYS_ftruncate, fd, size);
  pthread_mutex_lock(&lock);
  int result = syscall(SYS_ftruncate, fd, size);
  int saved = errno;
  if (result == 0) note(TRUNCATE, names[fd], size, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = saved;
  return result;
}
int ftruncate(int fd, off_t size) { return truncated(fd, size); }
int ftruncate64(int fd, off_t size) { return truncated(fd, size); }

/* Only what was written before it began is sure once it has returned. */
static int synced(int fd, long call) {
  const char *name = name_of(fd);
  if (!name) return syscall(call, fd);
  pthread_mutex_lock(&lock);
  uint64_t before = records;
  pthread_mutex_unlock(&lock);
  int result = syscall(call, fd);
  int saved = errno;
  if (result == 0 && !getenv("POWER_LIES")) {
    pthread_mutex_lock(&lock);
    note(SYNC, name, before, NULL, 0);
    pthread_mutex_unlock(&lock);
  }
  errno = saved;
  return result;
}
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

int unlink(const char *path) {
  if (!ours(path)) return syscall(SYS_unlink, path);
  pthread_mutex_lock(&lock);
  int result = syscall(SYS_unlink, path);
  int saved = errno;
  if (result == 0) note(UNLINK, path, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = saved;
  return result;
}

int rename(const char *from, const char *to) {
  if (!ours(from)) return syscall(SYS_rename, from, to);
  pthread_mutex_lock(&lock);
  int result = syscall(SYS_rename, from, to);
  int saved = errno;
  if (result == 0) note(RENAME, from, 0, to, strlen(to));
  pthread_mutex_unlock(&lock);
  errno = saved;
  return result;
}
