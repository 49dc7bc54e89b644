// command.h - everything a person can ask the monitor to do, in one table.
//
// The table makes the key dispatcher, the footer, the help and the palette, so they cannot drift.
#ifndef CORE_COMMAND_H
#define CORE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

enum view {
    VIEW_SEGMENTS,
    VIEW_PROCESSES,
    VIEW_LEAKS,
    VIEW_EVENTS,
    VIEW_LIMITS,
    VIEW_HEX,
    VIEW_LENS,
    VIEW_EDIT, // the hex view while bytes are typed: keys of its own, no screen of its own
    VIEW_HELP,
    VIEW_MESSAGES,
    VIEW_SETUP,
    VIEW_COUNT
};
#define IN(view) (1u << (view))
#define IN_TABLES (IN(VIEW_SEGMENTS) | IN(VIEW_PROCESSES) | IN(VIEW_LEAKS))
#define IN_LISTS (IN(VIEW_SEGMENTS) | IN(VIEW_PROCESSES) | IN(VIEW_LEAKS) | IN(VIEW_EVENTS))
#define IN_SEARCH (IN_LISTS | IN(VIEW_HEX) | IN(VIEW_HELP))
#define IN_SIDEWAYS (IN(VIEW_SEGMENTS) | IN(VIEW_PROCESSES) | IN_BYTES | IN(VIEW_SETUP))
#define IN_BYTES (IN(VIEW_HEX) | IN(VIEW_EDIT))
#define IN_PENDING (IN(VIEW_EDIT) | IN(VIEW_LENS))
#define IN_ALL ((1u << VIEW_COUNT) - 1u)

enum command_flag {
    CMD_PLAIN = 0,
    CMD_CHANGES = 1, // changes something outside shmtop: not in read-only mode
    CMD_DESTROYS = 2 // asks first
};

// X(ID, name, keys (separated by spaces), footer label or "", help, views, flags)
#define COMMAND_LIST(X)                                                                            \
    X(HELP, "help", "F1 ?", "Help", "this help", IN_ALL, CMD_PLAIN)                                \
    X(SETUP, "setup", "F2 S", "Setup", "choose columns, theme and all other settings", IN_ALL,     \
      CMD_PLAIN)                                                                                   \
    X(SEARCH, "search", "F3 /", "Search", "search; n and N repeat", IN_SEARCH, CMD_PLAIN)          \
    X(SEARCH_NEXT, "search-next", "n", "", "next match", IN_SEARCH, CMD_PLAIN)                     \
    X(SEARCH_PREV, "search-previous", "N", "", "previous match", IN_SEARCH, CMD_PLAIN)             \
    X(FILTER, "filter", "F4 \\", "Filter", "show only matching rows", IN_LISTS, CMD_PLAIN)         \
    X(SORT, "sort", "F6 < >", "Sort", "choose the sort column", IN_TABLES, CMD_PLAIN)              \
    X(SORT_INVERT, "sort-invert", "I", "", "turn the sort order round", IN_TABLES, CMD_PLAIN)      \
    X(TREE, "tree", "F5 t", "Tree", "holders below each segment, segments below each process",     \
      IN(VIEW_SEGMENTS) | IN(VIEW_PROCESSES), CMD_PLAIN)                                           \
    X(OPEN, "open", "Enter", "Segments", "the segments that the process holds",                    \
      IN(VIEW_PROCESSES), CMD_PLAIN)                                                               \
    X(CREATE, "create", "F7", "Create", "create a segment", IN_LISTS, CMD_CHANGES)                 \
    X(HEX, "hex", "F8 x Enter", "Hex", "look at the bytes of the segment",                         \
      IN(VIEW_SEGMENTS) | IN(VIEW_LEAKS), CMD_PLAIN)                                               \
    X(REMOVE, "remove", "F9 Delete", "Remove", "remove the segment or the tagged ones (asks)",     \
      IN(VIEW_SEGMENTS) | IN(VIEW_LEAKS), CMD_CHANGES | CMD_DESTROYS)                              \
    X(SETUP_COLUMNS, "choose-columns", "c", "",                                                    \
      "choose, order and size the columns of the segments", IN_LISTS | IN(VIEW_SETUP), CMD_PLAIN)  \
    X(SETUP_CHANGE, "change", "Enter Space", "Change", "set it; of a column: show it or not",      \
      IN(VIEW_SETUP), CMD_PLAIN)                                                                   \
    X(SETUP_EARLIER, "earlier", "<", "", "move the column to the left", IN(VIEW_SETUP), CMD_PLAIN) \
    X(SETUP_LATER, "later", ">", "", "move the column to the right", IN(VIEW_SETUP), CMD_PLAIN)    \
    X(SETUP_SAVE, "save-settings", "s", "Save",                                                    \
      "write what was changed here into the configuration", IN(VIEW_SETUP), CMD_CHANGES)           \
    X(SETUP_RESET, "reset-settings", "r", "Reset", "take back what was changed here",              \
      IN(VIEW_SETUP), CMD_PLAIN)                                                                   \
    X(PALETTE, "command", ":", "", "run a command or set a value by its name; Tab completes",      \
      IN_ALL, CMD_PLAIN)                                                                           \
    X(QUIT, "quit", "F10 Q ^C", "Quit", "quit from anywhere", IN_ALL, CMD_PLAIN)                   \
    X(CLOSE, "close", "q", "", "close this view; quit at the top", IN_ALL, CMD_PLAIN)              \
    X(BACK, "back", "Esc", "", "one level back, never quits", IN_ALL, CMD_PLAIN)                   \
    X(UP, "up", "Up k", "", "one row up", IN_ALL, CMD_PLAIN)                                       \
    X(DOWN, "down", "Down j", "", "one row down", IN_ALL, CMD_PLAIN)                               \
    X(PAGE_UP, "page-up", "PgUp ^U", "", "one page up", IN_ALL, CMD_PLAIN)                         \
    X(PAGE_DOWN, "page-down", "PgDn ^D", "", "one page down", IN_ALL, CMD_PLAIN)                   \
    X(TOP, "top", "Home", "", "to the first row", IN_ALL, CMD_PLAIN)                               \
    X(BOTTOM, "bottom", "End G", "", "to the last row", IN_ALL, CMD_PLAIN)                         \
    X(LEFT, "left", "Left h", "", "scroll left; in hex one byte back; in setup the value before",  \
      IN_SIDEWAYS, CMD_PLAIN)                                                                      \
    X(RIGHT, "right", "Right l", "", "scroll right; in hex one byte on; in setup the next value",  \
      IN_SIDEWAYS, CMD_PLAIN)                                                                      \
    X(TAG, "tag", "Space", "", "tag and move down", IN(VIEW_SEGMENTS) | IN(VIEW_LEAKS), CMD_PLAIN) \
    X(UNTAG, "untag-all", "U", "", "untag all", IN(VIEW_SEGMENTS) | IN(VIEW_LEAKS), CMD_PLAIN)     \
    X(HOLDERS, "holders", "a", "", "whole list of holders in the detail pane", IN(VIEW_SEGMENTS),  \
      CMD_PLAIN)                                                                                   \
    X(UNFOLD, "unfold", "+", "", "open what stands below the row",                                 \
      IN(VIEW_SEGMENTS) | IN(VIEW_PROCESSES), CMD_PLAIN)                                           \
    X(FOLD, "fold-row", "-", "", "fold what stands below the row",                                 \
      IN(VIEW_SEGMENTS) | IN(VIEW_PROCESSES), CMD_PLAIN)                                           \
    X(UNFOLD_ALL, "unfold-all", "*", "", "open what stands below every row",                       \
      IN(VIEW_SEGMENTS) | IN(VIEW_PROCESSES), CMD_PLAIN)                                           \
    X(COPY, "copy", "y", "", "copy the SEG, in hex the selection, to the terminal's clipboard",    \
      IN(VIEW_SEGMENTS) | IN(VIEW_HEX), CMD_PLAIN)                                                 \
    X(SET, "properties", "P", "", "set mode, owner, size or lock of the segment (asks)",           \
      IN(VIEW_SEGMENTS) | IN(VIEW_HEX), CMD_CHANGES)                                               \
    X(FOLLOW, "follow", "F", "", "selection follows its segment, on or off", IN_TABLES, CMD_PLAIN) \
    X(NAMESPACES, "namespaces", "@", "", "segments of other namespaces too, on or off", IN_LISTS,  \
      CMD_PLAIN)                                                                                   \
    X(PAUSE, "pause", "Z", "", "pause: nothing moves, nothing is read", IN_ALL, CMD_PLAIN)         \
    X(RESCAN, "rescan", "^R", "", "look at everything again now", IN_ALL & ~IN_PENDING, CMD_PLAIN) \
    X(REDRAW, "redraw", "^L", "", "draw the screen anew", IN_ALL, CMD_PLAIN)                       \
    X(SUSPEND, "suspend", "^Z", "", "suspend shmtop; fg brings it back", IN_ALL, CMD_PLAIN)        \
    X(MOUSE, "mouse", "m", "", "mouse on or off (off: the terminal selects text)", IN_ALL,         \
      CMD_PLAIN)                                                                                   \
    X(SHOW_SEGMENTS, "segments", "1", "", "the segments", IN_ALL, CMD_PLAIN)                       \
    X(SHOW_LEAKS, "leaks", "3", "", "unused segments: what could be won back, and why", IN_ALL,    \
      CMD_PLAIN)                                                                                   \
    X(GROUP, "group", "t", "Group", "sums by origin, by owner, or the segments again",             \
      IN(VIEW_LEAKS), CMD_PLAIN)                                                                   \
    X(AGE_FLOOR, "age-floor", "T", "Age", "the age under which what is unused counts as young",    \
      IN(VIEW_LEAKS), CMD_PLAIN)                                                                   \
    X(SHOW_PROCESSES, "processes", "2", "", "the processes that hold shared memory", IN_ALL,       \
      CMD_PLAIN)                                                                                   \
    X(KILL, "kill", "K", "", "signal the holders of the segment, or the process (asks)",           \
      IN(VIEW_SEGMENTS) | IN(VIEW_LEAKS) | IN(VIEW_PROCESSES), CMD_CHANGES | CMD_DESTROYS)         \
    X(UNDO, "undo", "u", "", "bring back what was removed last", IN_LISTS | IN(VIEW_LIMITS),       \
      CMD_CHANGES)                                                                                 \
    X(RESTORE, "restore", "r", "", "what is in quarantine: bring it back, or free it",             \
      IN_LISTS | IN(VIEW_LIMITS), CMD_CHANGES)                                                     \
    X(SHOW_EVENTS, "events", "4", "", "what happened to segments since shmtop looks", IN_ALL,      \
      CMD_PLAIN)                                                                                   \
    X(EVENT_OPEN, "event-segment", "Enter", "Open",                                                \
      "go to the segment of the event; of a group: open or fold it", IN(VIEW_EVENTS), CMD_PLAIN)   \
    X(EVENT_NEWEST, "newest", "F", "", "to the newest event, and stay with the newest",            \
      IN(VIEW_EVENTS), CMD_PLAIN)                                                                  \
    X(EVENT_KINDS, "kinds", "i", "Kinds", "choose the kinds of events to show", IN(VIEW_EVENTS),   \
      CMD_PLAIN)                                                                                   \
    X(EVENT_ONLY, "only-segment", "x", "Only", "events of this segment alone, or of all",          \
      IN(VIEW_EVENTS), CMD_PLAIN)                                                                  \
    X(EVENT_SAVE, "save-events", "s", "Save", "write all events to a new file as JSON lines",      \
      IN(VIEW_EVENTS), CMD_CHANGES)                                                                \
    X(SHOW_LIMITS, "limits", "5", "", "limits, and where all shared memory is", IN_ALL, CMD_PLAIN) \
    X(SHOW_MESSAGES, "messages", "M", "", "everything that went wrong while looking", IN_ALL,      \
      CMD_PLAIN)                                                                                   \
    X(GOTO, "goto", "g", "Goto", "go to an offset: 4096, 0x1000, +64, -64, 50%, p12",              \
      IN_BYTES | IN(VIEW_LENS), CMD_PLAIN)                                                         \
    X(HEX_WIDTH, "width", "w", "Width", "bytes per row", IN_BYTES, CMD_PLAIN)                      \
    X(HEX_FREEZE, "freeze", "Space", "Freeze", "stop and go of the live view",                     \
      IN(VIEW_HEX) | IN(VIEW_LENS), CMD_PLAIN)                                                     \
    X(HEX_FOLD, "fold", "z", "Fold", "fold equal rows", IN(VIEW_HEX), CMD_PLAIN)                   \
    X(HEX_INSPECT, "inspect", "i", "Inspect", "value at the cursor as numbers and text", IN_BYTES, \
      CMD_PLAIN)                                                                                   \
    X(HEX_ENDIAN, "endian", "E", "Endian", "byte order of the inspector", IN(VIEW_HEX), CMD_PLAIN) \
    X(EDIT, "edit", "e", "Edit", "edit the bytes; nothing is written before W", IN(VIEW_HEX),      \
      CMD_CHANGES)                                                                                 \
    X(EDIT_SIDE, "edit-side", "Tab", "Side", "type digits or characters", IN(VIEW_EDIT),           \
      CMD_PLAIN)                                                                                   \
    X(VALUE, "value", "=", "Value", "type a value at the cursor: u32:138184, f64:1.5, text",       \
      IN_BYTES, CMD_CHANGES)                                                                       \
    X(EDIT_WRITE, "write", "W", "Write",                                                           \
      "write what is pending (asks); so does Enter in the bytes", IN_PENDING, CMD_CHANGES)         \
    X(EDIT_UNDO, "edit-undo", "u Backspace", "Undo",                                               \
      "undo typing; after writing, put the old bytes back", IN_BYTES | IN(VIEW_LENS), CMD_CHANGES) \
    X(EDIT_REDO, "edit-redo", "^R", "Redo", "do again what was undone", IN_PENDING, CMD_CHANGES)   \
    X(LENS, "lens", "L", "Lens", "bytes as fields of a record: struct { u32 id; f64 x; } [128]",   \
      IN(VIEW_HEX) | IN(VIEW_LENS), CMD_PLAIN)                                                     \
    X(LENS_EDIT, "lens-edit", "Enter e", "Edit",                                                   \
      "type the value of the field; it is pending until W", IN(VIEW_LENS), CMD_CHANGES)            \
    X(LENS_KEEP, "lens-keep", "s", "Keep", "keep this lens for segments of a name", IN(VIEW_LENS), \
      CMD_CHANGES)                                                                                 \
    X(HEX_SELECT, "select", "v", "Select", "begin a selection, which moving extends; or end it",   \
      IN(VIEW_HEX), CMD_PLAIN)                                                                     \
    X(HEX_SAVE, "save", "s", "", "save the selection, or all, to a new file", IN(VIEW_HEX),        \
      CMD_CHANGES)                                                                                 \
    X(HEX_CHANGE_NEXT, "change-next", "c", "Change",                                               \
      "to the next byte that changed in the last minute", IN(VIEW_HEX), CMD_PLAIN)                 \
    X(HEX_CHANGE_PREV, "change-previous", "C", "", "to the one before", IN(VIEW_HEX), CMD_PLAIN)   \
    X(HEX_BOOKMARK, "bookmark", "b", "", "set or take away a bookmark at the cursor",              \
      IN(VIEW_HEX), CMD_PLAIN)                                                                     \
    X(HEX_BOOKMARK_NEXT, "bookmark-next", "'", "", "to the next bookmark", IN(VIEW_HEX),           \
      CMD_PLAIN)                                                                                   \
    X(HEX_BOOKMARKS, "bookmarks", "B", "", "the list of bookmarks", IN(VIEW_HEX), CMD_PLAIN)       \
    X(HEX_CAPTURE, "capture", "K", "", "keep the bytes as they are now, to compare with",          \
      IN(VIEW_HEX), CMD_PLAIN)                                                                     \
    X(HEX_COMPARE, "compare", "D", "Compare",                                                      \
      "side by side with the capture or another segment; again: no more", IN(VIEW_HEX), CMD_PLAIN) \
    X(HEX_DIFF_NEXT, "difference-next", "d", "", "to the next byte that differs", IN(VIEW_HEX),    \
      CMD_PLAIN)                                                                                   \
    X(HEX_DIFF_PREV, "difference-previous", ",", "", "to the one before", IN(VIEW_HEX), CMD_PLAIN) \
    X(HEX_ATTACH, "attach", "A", "",                                                               \
      "read what was left alone: by attaching, swapped out, out of sight (asks)",                  \
      IN(VIEW_HEX) | IN(VIEW_SEGMENTS), CMD_PLAIN)

enum command {
    CMD_NONE,
#define X(id, name, keys, label, help, views, flags) CMD_##id,
    COMMAND_LIST(X)
#undef X
        CMD_COUNT
};

struct command_info {
    const char *name, *keys, *label, *help;
    unsigned views; // IN(...) bits
    unsigned flags; // enum command_flag
};
// Static storage, never NULL; of CMD_NONE the strings are empty.
const struct command_info *command_info(enum command cmd);
// The command with this name, CMD_NONE if there is none.
enum command command_by_name(const char *name);

#endif
