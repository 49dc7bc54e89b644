// dialog.h - what every dialog of the monitor does alike: fields, buttons, focus, keys.
//
// Enter presses the focused button and nothing else; Esc closes and changes nothing; the key of a
// button presses it unless a text field has the focus.
#ifndef APP_DIALOG_H
#define APP_DIALOG_H

#include "app/textedit.h"
#include "ui/views.h"

struct app;
struct dialog;

// One kind of dialog.
struct dialog_kind {
    const char *name;
    // Brings lines, remarks and same_as up to date: after every key and every snapshot.
    void (*refresh)(struct app *a, struct dialog *d);
    // A button was pressed. True: the dialog closes.
    bool (*press)(struct app *a, struct dialog *d, size_t button);
    // Frees data; NULL: there is none.
    void (*free_data)(void *data);
    bool enter_ends; // Enter on the last field goes to the last button, not to the first
    bool menu;       // a list to choose from: Enter or Space on a field presses button 0
};

struct dialog_input {
    enum field_kind kind;
    const char *label; // static storage
    struct textedit edit;
    const char *choices; // static storage, separated by '|'
    int choice, choice_count;
    char remark[200];
    enum alert alert;
    uint32_t key; // ticks or unticks a box where no text is typed; 0 none
};

struct dialog_button {
    const char *label; // static storage
    uint32_t key;      // 0: none
};

enum { DIALOG_FIELDS = 32, DIALOG_BUTTONS = 4 };

struct dialog {
    const struct dialog_kind *kind;
    char title[160];
    char **lines; // owned
    enum alert *alerts;
    size_t line_count;
    struct dialog_input field[DIALOG_FIELDS];
    size_t field_count;
    struct dialog_button button[DIALOG_BUTTONS];
    size_t button_count;
    size_t focus;  // fields first, then buttons
    bool ready;    // all that is needed is filled in: Enter on a text goes to the last button
    char *same_as; // owned, NULL none
    void *data;    // owned, of the kind
};

// Owned by the caller.
struct dialog *dialog_new(const struct dialog_kind *kind, void *data);
void dialog_free(struct dialog *d); // NULL is legal
void dialog_clear_lines(struct dialog *d);
void dialog_line(struct dialog *d, enum alert alert, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct dialog_input *dialog_add_text(struct dialog *d, const char *label, const char *text);
struct dialog_input *dialog_add_choice(struct dialog *d, const char *label, const char *choices,
                                       int choice);
struct dialog_input *dialog_add_check(struct dialog *d, const char *label, bool on);
void dialog_add_button(struct dialog *d, const char *label, uint32_t key);
void dialog_remark(struct dialog_input *f, enum alert alert, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void dialog_focus_button(struct dialog *d, size_t button);

enum dialog_result { DIALOG_STAYS, DIALOG_CLOSES };
// Handles one key.
enum dialog_result dialog_key(struct app *a, struct dialog *d, const struct key *key);
// Draws it over what is on the canvas.
void dialog_show(const struct dialog *d, struct canvas *c);

#endif
