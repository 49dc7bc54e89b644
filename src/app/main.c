// main.c - entry: judges the words, then runs a command or the monitor.
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/config.h"
#include "app/json.h"
#include "app/linear.h"
#include "app/monitor.h"
#include "app/options.h"

// A closed standard descriptor would be taken by the next file opened, and messages would be
// written into it. Put something there that cannot be used.
static void guard_descriptors(void) {
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

// A file that is wrong is no reason not to start.
static void note_faults(const struct config_faults *faults) {
    char line[640];
    if (faults->count > 0)
        cli_note("%s", config_faults_text(faults, line, sizeof line));
}

static int run(struct options *opt) {
    if (opt->help)
        cli_help(opt->command);
    else if (opt->version)
        puts("shmtop " SHMTOP_VERSION);
    else {
        struct settings settings;
        struct config_faults faults;
        bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
        bool monitor = !opt->command && terminal && !opt->once && !opt->json;
        if (!opt->command && !monitor)
            opt->command = cli_command_by_name("list");
        config_load(&settings, &faults);
        config_apply(&settings, opt);
        if (monitor)
            return opt->linear ? linear_run(opt, &faults) : monitor_run(opt, &faults);
        note_faults(&faults);
        return cli_finish(cli_run(opt));
    }
    return cli_finish(OUTCOME_DONE);
}

int main(int argc, char *argv[]) {
    struct options opt;
    struct fault f;
    int status;
    guard_descriptors();
    json_setup();
    // Only the character set: numbers and times are written the same everywhere.
    setlocale(LC_CTYPE, "");
    if (options_parse(argc, argv, &opt, &f) == OUTCOME_DONE)
        status = run(&opt);
    else
        status = cli_error(&f);
    options_done(&opt);
    return status;
}
