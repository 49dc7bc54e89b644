// crash.h - what puts the terminal back when the program dies of SEGV, BUS, FPE, ILL or ABRT.
#ifndef UI_CRASH_H
#define UI_CRASH_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

// Longest string that can be prepared.
enum { CRASH_RESTORE_MAX = 512 };

// Installs the handlers on a stack of their own (of the calling thread). They write the prepared
// string to fd, set the terminal modes, and let the signal end the program with its own status.
// 0 or -errno. Not to be called twice without crash_remove between.
int crash_install(int fd, const struct termios *modes);
// Gives the calling thread a stack for the handlers, without which it could not even tell that its
// own has overflowed; crash_thread_end takes it back. NULL: there is none.
void *crash_thread_begin(void);
void crash_thread_end(void *stack);
// Puts the handlers back that were there before. Legal when not installed.
void crash_remove(void);
// While on, TERM, HUP, INT and QUIT end the program at once (crash_end), blocked though they are
// elsewhere: for writing to a terminal that may have stopped reading. Of one thread alone.
void crash_endable(bool on);
// Restores the terminal as far as that goes without waiting, and ends with this code.
_Noreturn void crash_end(int code);
// What to write; copied. Too long a string is not taken. len 0: nothing to restore just now.
void crash_prepare(const char *restore, size_t len);

#endif
