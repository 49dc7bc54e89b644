// pictures.c - draws every picture of the README from made-up machines, as SVG: the same bytes
// whenever and wherever it runs.
// usage: pictures DIRECTORY
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/scene_story.h"
#include "ui/canvas_dump.h"

static const struct picture {
    const char *name;
    int rows, cols;
    const char *theme, *keys;
} pictures[] = {
    {"segments", 30, 100, "dark", "Down Down"},
    {"segments-light", 30, 100, "light", "Down Down"},
    {"segments-80x24", 24, 80, "dark", "Down Down"},
    {"segments-mono", 30, 100, "mono", "Down Down"},
    {"processes", 30, 100, "dark", "2 F5"},
    {"processes-light", 30, 100, "light", "2 F5"},
    {"leaks", 30, 100, "dark", "3"},
    {"leaks-light", 30, 100, "light", "3"},
    {"events", 30, 100, "dark", "4"},
    {"events-light", 30, 100, "light", "4"},
    {"limits", 30, 100, "dark", "5"},
    {"limits-light", 30, 100, "light", "5"},
    {"hex", 30, 100, "dark", "Down Down F8"},
    {"hex-light", 30, 100, "light", "Down Down F8"},
    {"create", 30, 100, "dark", "F7 =demo"},
    {"create-light", 30, 100, "light", "F7 =demo"},
    {"remove", 30, 100, "dark", "Down Down F9"},
    {"remove-light", 30, 100, "light", "Down Down F9"},
    {"setup", 30, 100, "dark", "F2"},
    {"setup-light", 30, 100, "light", "F2"},
    {"help", 30, 100, "dark", "F1"},
    {"help-light", 30, 100, "light", "F1"},
    {"messages", 30, 100, "dark", "M"},
    {"messages-light", 30, 100, "light", "M"},
};

// What fills /dev/shm, what is in it, taking it back, and undoing that.
static const struct step {
    const char *keys;
    int tenths; // of a second that it stands
} story[] = {
    {"", 30},   // /dev/shm is full
    {"3", 30},  // four objects of a job that is gone, and the proof
    {"F8", 25}, // what is in them
    {"Down Down", 10}, {"q 3 Home", 10}, {"Space", 5},
    {"Space", 5},      {"Space", 5},     {"Space", 10},
    {"F9", 25},        {"4", 10},        {"Tab Tab Tab Tab Tab Tab", 10},
    {"Enter", 20}, // they went to quarantine
    {"@4", 25},    // they went to quarantine
    {"u", 35},     // and came back
};

static int write_svg(const char *dir, const char *name, const char *theme) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s.svg", dir, name);
    struct canvas *c = stage_draw();
    char *svg = canvas_dump_svg(c, theme_by_name(theme), strcmp(theme, "light") == 0);
    FILE *f = fopen(path, "w");
    int bad = !svg || !f || fputs(svg, f) < 0;
    if (f && fclose(f) != 0)
        bad = 1;
    if (bad)
        perror(path);
    free(svg);
    canvas_free(c);
    return bad;
}

static int draw_pictures(const char *dir) {
    struct scene scene;
    int bad = 0;
    scene_make(&scene);
    for (size_t i = 0; i < sizeof pictures / sizeof pictures[0]; i++) {
        const struct picture *p = &pictures[i];
        stage_start(&scene, p->rows, p->cols, true);
        stage_play(p->keys);
        bad |= write_svg(dir, p->name, p->theme);
        app_done(&app);
    }
    scene_free(&scene);
    return bad;
}

static int draw_story(const char *dir) {
    struct scene scene;
    struct stage_turn turn;
    int bad = 0;
    scene_story_make(&scene, &turn);
    stage_start(&scene, 30, 100, true);
    stage_turns(&turn);
    for (size_t i = 0; i < sizeof story / sizeof story[0]; i++) {
        stage_play(story[i].keys);
        char name[40];
        snprintf(name, sizeof name, "story-%02zu-%02d", i, story[i].tenths);
        bad |= write_svg(dir, name, "dark");
    }
    app_done(&app);
    scene_story_free(&scene, &turn);
    return bad;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fputs("usage: pictures DIRECTORY\n", stderr);
        return 2;
    }
    return draw_pictures(argv[1]) | draw_story(argv[1]);
}
