/* What a computer without cameras lacks, for libcamera's virtual camera (LD_PRELOAD).
 *
 * - /dev/dma_heap/linux,cma: buffers come from memfd_create, which maps and shares as a DMA buffer does.
 * - /usr/share/libcamera/pipeline/virtual/virtual.yaml: read from the file that VIRTUAL_CAMERA names, so that nothing
 *   outside the test's folder is written.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAP "/dev/dma_heap/linux,cma"
#define SETTINGS "/pipeline/virtual/virtual.yaml"

static const char *elsewhere(const char *path) {
    size_t length = path ? strlen(path) : 0, tail = strlen(SETTINGS);
    const char *own = getenv("VIRTUAL_CAMERA");
    return own && length >= tail && strcmp(path + length - tail, SETTINGS) == 0 ? own : path;
}

#define OPEN(name)                                                                  \
    int name(const char *path, int flags, ...) {                                    \
        static int (*real)(const char *, int, ...);                                 \
        va_list rest;                                                               \
        va_start(rest, flags);                                                      \
        mode_t mode = va_arg(rest, mode_t);                                         \
        va_end(rest);                                                               \
        if (strcmp(path, HEAP) == 0) return memfd_create("heap", MFD_CLOEXEC);      \
        if (!real) real = dlsym(RTLD_NEXT, #name);                                  \
        return real(elsewhere(path), flags, mode);                                  \
    }
OPEN(open)
OPEN(open64)

#define STAT(name)                                              \
    int name(const char *path, struct name *told) {             \
        static int (*real)(const char *, struct name *);        \
        if (!real) real = dlsym(RTLD_NEXT, #name);              \
        return real(elsewhere(path), told);                     \
    }
STAT(stat)
STAT(stat64)

int ioctl(int fd, unsigned long request, ...) {
    static int (*real)(int, unsigned long, ...);
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (request == DMA_HEAP_IOCTL_ALLOC) {
        struct dma_heap_allocation_data *wanted = argument;
        int memory = memfd_create("buffer", MFD_CLOEXEC);
        if (memory < 0 || ftruncate(memory, (off_t)wanted->len) < 0) return -1;
        wanted->fd = (unsigned)memory;
        return 0;
    }
    if (request == DMA_BUF_SET_NAME_A || request == DMA_BUF_SET_NAME_B || request == DMA_BUF_IOCTL_SYNC) return 0;
    if (!real) real = dlsym(RTLD_NEXT, "ioctl");
    return real(fd, request, argument);
}
