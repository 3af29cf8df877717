//go:build cgo && linux

package mlx

/*
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>

// Before there is a second thread: what a thread has once taken memory from, it
// goes on with.
__attribute__((constructor)) static void keep_freed(void) {
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

static void put_aside(size_t bytes) {
	char *p = malloc(bytes);
	if (!p) return;
	const uintptr_t page = 2 << 20;
	uintptr_t first = ((uintptr_t)p + page - 1) & ~(page - 1), end = ((uintptr_t)p + bytes) & ~(page - 1);
	if (end > first) madvise((void *)first, end - first, MADV_HUGEPAGE);
	free(p);
}
#else
static void put_aside(size_t bytes) {}
#endif
*/
import "C"

import "sync"

// asideBytes of address space are put aside for XLA (ours); they take memory only
// when used.
const asideBytes = 512 << 20

// keepMemory has the buffers of XLA on a CPU lie in pages of 2 MiB, where the
// system has them, that are not given back when they are free. XLA takes them
// anew, 90 MB a step of training, for each run of a program; from the system, in
// pages of 4 kB, that is a third of a step's processor time. A GiB that is free is
// given back.
var keepMemory = sync.OnceFunc(func() { C.put_aside(asideBytes) })
