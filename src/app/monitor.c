// monitor.c - brings the parts of the monitor together and takes them apart again.
#include "app/monitor.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/app.h"
#include "app/cli.h"
#include "app/collector.h"
#include "app/config.h"
#include "app/io.h"
#include "app/lens_file.h"
#include "app/loop.h"
#include "app/options.h"
#include "app/origins_file.h"
#include "app/userfile.h"
#include "app/state_file.h"
#include "app/theme_file.h"
#include "probes/root.h"
#include "ui/style.h"
#include "ui/term.h"

struct monitor {
    struct root *root;
    struct origins *origins; // counted; NULL: the built-in ones
    char warning[640];       // about the files of the user, to be shown; "" none
    struct collector *collector;
    struct io *io;
    struct term *term;
    struct settings settings; // of the files and the command line
    struct theme_choice theme;
    struct remembered state; // as it was at the start
    struct app app;
    char copies[PATH_MAX]; // directory for copies of what is removed, "" none
};

static int fail(const char *what, const char *why, const char *todo) {
    struct fault f;
    fault_set(&f, OUTCOME_USAGE, 0, what, why, todo);
    return cli_error(&f);
}

static int open_root(const struct options *opt, struct monitor *m) {
    char why[300] = "";
    int err = root_open_explained(opt->root, &m->root, why, sizeof why);
    if (err == 0)
        return 0;
    char name[200];
    return fail(opt->root ? cli_quote(opt->root, name, sizeof name) : "/proc",
                why[0] ? why : strerror(-err), "");
}

static int open_term(const struct options *opt, struct monitor *m) {
    struct term_options to = {.no_color = !m->settings.color,
                              .no_mouse = opt->no_mouse,
                              .ascii = opt->ascii,
                              .theme = &m->theme.theme};
    char why[200] = "";
    if (term_open(&to, &m->term, why, sizeof why) == 0)
        return 0;
    return fail("terminal", why, "");
}

static void warn(struct monitor *m, const struct fault *f) {
    if (!m->warning[0])
        fault_format(f, m->warning, sizeof m->warning);
}

// Who says how to sort wants it for this time; else it is as it was left.
static bool sort_is_remembered(const struct options *opt) {
    return opt->sort == COLUMN_COUNT && !(opt->settings->given & SETTING_BIT(SORT));
}

static void recall(const struct options *opt, struct monitor *m) {
    m->state = (struct remembered){m->settings.sort, true};
    state_load(&m->state);
    if (sort_is_remembered(opt))
        m->settings.sort = m->state.sort;
}

// A file of the user that cannot be used is no reason not to start.
static void read_files(const struct options *opt, const struct config_faults *faults,
                       struct monitor *m) {
    struct fault f;
    struct lenses *lenses = NULL; // read again when one is asked for
    config_effective(opt, &m->settings);
    recall(opt, m);
    if (faults->count > 0)
        config_faults_text(faults, m->warning, sizeof m->warning);
    if (theme_load(m->settings.theme, &m->theme, &f) != OUTCOME_DONE)
        warn(m, &f);
    if (origins_file_load(&m->origins, &f) != OUTCOME_DONE)
        warn(m, &f);
    if (lens_file_load(&lenses, &f) != OUTCOME_DONE)
        warn(m, &f);
    lenses_free(lenses);
}

static void remember(const struct options *opt, const struct monitor *m) {
    struct remembered now = m->state;
    now.inspector = m->app.hex.inspect;
    if (sort_is_remembered(opt))
        now.sort = (struct sort_order){m->app.table.sort, m->app.table.invert};
    bool same = now.inspector == m->state.inspector && now.sort.column == m->state.sort.column &&
                now.sort.inverted == m->state.sort.inverted;
    if (!same && !opt->root && !m->app.read_only)
        state_save(&now);
}

static void start_app(const struct options *opt, struct monitor *m) {
    time_t now = time(NULL);
    struct tm local = {.tm_gmtoff = 0};
    localtime_r(&now, &local);
    struct app_config config = {.settings = &m->settings,
                                .utf8 = term_utf8(m->term),
                                .fixed = !root_is_live(m->root),
                                .utc_offset = local.tm_gmtoff,
                                .copies = m->copies};
    if (!userfile_path(USER_STATE, "copies", m->copies))
        m->copies[0] = '\0';
    app_init(&m->app, &config);
    m->app.hex.inspect = m->state.inspector;
    if (m->warning[0])
        app_message(&m->app, ALERT_BAD, "%s", m->warning);
    m->app.message_end = 0; // stays until a key is pressed
    if (opt->tree) {
        app_command(&m->app, CMD_SHOW_PROCESSES);
        app_command(&m->app, CMD_TREE);
    }
}

static int run(const struct options *opt, const struct config_faults *faults, struct monitor *m,
               uint64_t start_ns) {
    int status = open_root(opt, m);
    if (status)
        return status;
    read_files(opt, faults, m);
    // The collector starts before the terminal is set up: its first picture takes about as long.
    if (collector_new(m->root, m->origins, opt->delay_ns, opt->all_namespaces, &m->collector) ||
        io_new(m->root, &m->io))
        return fail("threads", "none can be started", "");
    collector_age_floor(m->collector, m->settings.older_than_ns);
    status = open_term(opt, m);
    if (status)
        return status;
    start_app(opt, m);
    struct loop_parts parts = {.app = &m->app,
                               .term = m->term,
                               .collector = m->collector,
                               .io = m->io,
                               .root = m->root,
                               .theme = &m->theme,
                               .start_ns = start_ns};
    status = loop_run(&parts);
    // The screen first: the threads may need a moment to end.
    term_close(m->term);
    if (status == 0)
        remember(opt, m);
    app_done(&m->app);
    return status;
}

int monitor_run(const struct options *opt, const struct config_faults *faults) {
    struct monitor m = {.root = NULL};
    uint64_t start_ns = loop_mono_ns();
#ifdef __GLIBC__
    // The arrays of one picture after the other leave holes in a heap that come to as much as the
    // arrays themselves. Large ones are mapped instead (mallopt(3); being set, the limit stays).
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
    loop_block_signals();
    signal(SIGPIPE, SIG_IGN);
    int status = run(opt, faults, &m, start_ns);
    io_free(m.io);
    collector_free(m.collector);
    origins_unref(m.origins);
    root_close(m.root);
    return status;
}
