// readers.h - turns the words of options and settings into values.
//
// Each reads one argument into the value at `where`, whose type stands behind it, and returns NULL,
// or what is wrong with the argument ("is not ..."). They are named as in OPTION_LIST.
#ifndef APP_READERS_H
#define APP_READERS_H

typedef const char *reader(const char *arg, void *where);

reader read_FLAG;     // bool: true, the argument is not looked at
reader read_TEXT;     // const char *: borrowed
reader read_WORD;     // const char *: borrowed, one word
reader read_SIZE;     // uint64_t: bytes
reader read_SECONDS;  // uint64_t: nanoseconds, 0.1 s to an hour
reader read_INTERVAL; // uint64_t: nanoseconds, 0.01 s to an hour
reader read_COUNT;    // uint64_t: above 0
reader read_AGE;      // uint64_t: nanoseconds
reader read_PID;      // pid_t
reader read_KEY;      // uint32_t
reader read_MODE;     // uint32_t
reader read_HUGE;     // uint64_t: bytes of a huge page
reader read_THEME;    // const char *: borrowed, built in or a file of the user
reader read_COLUMN;   // enum column: one of `list`
reader read_COLUMNS;  // struct column_choice
reader read_HEX;      // struct byte_string: the bytes before are freed

#endif
