# The inner folders are pure (tools/check_purity.sh), and the check can fail.
. tools/tap.sh

case $VARIANT in
    release | debug | tiny) check "this tree is pure" tools/check_purity.sh . "$BUILD/obj" ;;
    *) skip "this tree is pure" "$VARIANT adds calls and data of its own to the objects" ;;
esac

# A tree with one source, compiled.
plant() { # file text
    rm -rf "$scratch/tree"
    mkdir -p "$scratch/tree/$(dirname "$1")" "$scratch/tree/obj/$(dirname "$1")"
    printf '%s\n' "$2" >"$scratch/tree/$1"
    $CC -std=c11 -D_POSIX_C_SOURCE=200809L -O1 -w -c -o "$scratch/tree/obj/${1%.c}.o" \
        "$scratch/tree/$1" || echo "# does not compile: $2"
}
refused() { # name file text
    plant "$2" "$3"
    check_status 1 "$1" tools/check_purity.sh "$scratch/tree" "$scratch/tree/obj"
}
accepted() { # name file text
    plant "$2" "$3"
    check "$1" tools/check_purity.sh "$scratch/tree" "$scratch/tree/obj"
}

accepted "memcpy, constants and tables of strings" sim/tcp/a.c \
    '#include <string.h>
     static const char *const names[] = { "a", "b", "float" }; /* 1.5, or a double */
     const char *f(int i) { return names[i]; }
     void g(void *a, void *b, int n) { memcpy(a, b, (size_t)n); } // 0x1e5 is no float
     unsigned long h(unsigned long x) { return x / 0x1e5; }'
accepted "the arena may call the allocator" sim/base/memory.c \
    '#include <stdlib.h>
     void *f(void) { return malloc(1); }'
accepted "an assertion may print, abort, and know whose it is" sim/base/panic.c \
    '#include <stdio.h>
     #include <stdlib.h>
     static _Thread_local const char *where;
     void f(void) { fprintf(stderr, "%s", where); abort(); }
     void g(const char *w) { where = w; }'

refused "malloc elsewhere" sim/base/a.c '#include <stdlib.h>
     void *f(void) { return malloc(1); }'
refused "stdio" sim/net/a.c '#include <stdio.h>
     void f(int i) { printf("%d", i); }'
refused "snprintf" sim/net/a.c '#include <stdio.h>
     void f(char *s, int i) { snprintf(s, 9, "%d", i); }'
refused "a clock behind a macro" sim/core/a.c '#include <time.h>
     #define NOW(t) clock_gettime(CLOCK_MONOTONIC, t)
     void f(struct timespec *t) { NOW(t); }'
refused "a random source" sim/core/a.c '#include <stdlib.h>
     int f(void) { return rand(); }'
refused "qsort" sim/net/a.c '#include <stdlib.h>
     void f(void *a, int (*c)(const void *, const void *)) { qsort(a, 1, 1, c); }'
refused "setjmp" sim/tcp/a.c '#include <setjmp.h>
     int f(jmp_buf b) { return setjmp(b); }'
refused "the name of an observer" sim/tcp/a.c 'void trace_event(void);
     void f(void) { trace_event(); }'
refused "a global variable" sim/tcp/a.c 'int current_segment;'
refused "a variable kept in a function" sim/tcp/a.c 'int f(void) { static int n; return ++n; }'
refused "an initialised variable" sim/tcp/a.c 'int f(void) { static int n = 3; return ++n; }'
refused "a thread-local variable" sim/tcp/a.c 'static _Thread_local int n;
     int f(void) { return ++n; }'
refused "a second thread-local variable of panic.c" sim/base/panic.c \
    'static _Thread_local int n, m;
     int f(void) { return ++n + ++m; }'
refused "the keyword double" sim/tcp/a.c 'long f(long x) { return (long)((double)x * 2); }'
refused "a floating literal" sim/tcp/a.c 'long f(long x) { return (long)(x * 1.5); }'
refused "a literal with an exponent" sim/tcp/a.c 'long f(long x) { return (long)(x * 1e9); }'
refused "math.h" sim/tcp/a.c '#include <math.h>'

rm "$scratch/tree/obj/sim/tcp/a.o"
echo 'int f(void);' >"$scratch/tree/sim/tcp/a.c"
check_status 1 "a source that was not compiled" \
    tools/check_purity.sh "$scratch/tree" "$scratch/tree/obj"

finish
