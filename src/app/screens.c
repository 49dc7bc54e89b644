// screens.c - every view there is.
#include "app/app_parts.h"

static const struct screen *const screens[VIEW_COUNT] = {
    [VIEW_SEGMENTS] = &segments_screen, [VIEW_LEAKS] = &leaks_screen,
    [VIEW_LIMITS] = &limits_screen,     [VIEW_HEX] = &hex_screen,
    [VIEW_HELP] = &help_screen,         [VIEW_MESSAGES] = &messages_screen,
    [VIEW_SETUP] = &setup_screen,       [VIEW_PROCESSES] = &processes_screen,
    [VIEW_EVENTS] = &events_screen,     [VIEW_LENS] = &lens_screen,
};

const struct screen *screen_of(enum view view) {
    return screens[view];
}
