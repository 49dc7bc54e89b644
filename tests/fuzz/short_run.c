// short_run.c - a fuzz target without libFuzzer: its seeds, and ten thousands of changed ones.
//
// The same numbers in every run, so that what fails, fails again. Seeds are the lines of a file,
// with \n \\ and \xNN for what no line can hold.
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEEDS = 512, LONGEST = 4096, ROUNDS = 20000 };

struct input {
    uint8_t *bytes;
    size_t len;
};
static struct input seeds[SEEDS];
static size_t seed_count;
static uint64_t state = 1;

static uint64_t dice(uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return below ? (state >> 33) % below : 0;
}

static size_t unescape(const char *line, uint8_t *out) {
    size_t n = 0;
    while (*line && *line != '\n' && n < LONGEST) {
        bool escape = line[0] == '\\' && line[1] == 'x' && line[2] && line[3];
        char hex[3] = {escape ? line[2] : '\0', escape ? line[3] : '\0', '\0'};
        if (line[0] == '\\' && line[1] == 'n') {
            out[n++] = '\n';
            line += 2;
        } else if (escape) {
            out[n++] = (uint8_t)strtoul(hex, NULL, 16);
            line += 4;
        } else {
            line += line[0] == '\\' && line[1] == '\\';
            out[n++] = (uint8_t)*line++;
        }
    }
    return n;
}

static bool read_seeds(const char *path) {
    static char line[4 * LONGEST];
    static uint8_t bytes[LONGEST];
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    while (seed_count < SEEDS && fgets(line, sizeof line, f)) {
        size_t n = unescape(line, bytes);
        struct input *s = &seeds[seed_count++];
        s->bytes = malloc(n ? n : 1);
        if (!s->bytes)
            abort();
        memcpy(s->bytes, bytes, n);
        s->len = n;
    }
    fclose(f);
    return true;
}

// Puts a piece of another seed, or a few bytes of anything, over or between.
static void change(struct input *in) {
    const struct input *other = &seeds[dice(seed_count)];
    size_t at = dice(in->len + 1), n = 1 + dice(8), from = dice(other->len);
    if (n > other->len - from)
        n = other->len - from;
    switch (dice(5)) {
    case 0:
        if (in->len)
            in->bytes[dice(in->len)] = (uint8_t)dice(256);
        break;
    case 1: // takes some out
        n = n < in->len - at ? n : in->len - at;
        memmove(in->bytes + at, in->bytes + at + n, in->len - at - n);
        in->len -= n;
        break;
    case 2: // and one more time
        from = dice(in->len);
        n = in->len ? 1 + dice(in->len - from) : 0;
        n = n < LONGEST - in->len ? n : LONGEST - in->len;
        memmove(in->bytes + from + n, in->bytes + from, in->len - from);
        in->len += n;
        break;
    default:
        n = n < LONGEST - in->len ? n : LONGEST - in->len;
        memmove(in->bytes + at + n, in->bytes + at, in->len - at);
        memcpy(in->bytes + at, other->bytes + from, n);
        in->len += n;
    }
}

int main(int argc, char **argv) {
    static uint8_t bytes[LONGEST];
    if (argc < 2 || !read_seeds(argv[1]) || seed_count == 0) {
        printf("Bail out! no seeds in %s\n", argc < 2 ? "(none given)" : argv[1]);
        return 1;
    }
    printf("1..2\n");
    for (size_t i = 0; i < seed_count; i++)
        LLVMFuzzerTestOneInput(seeds[i].bytes, seeds[i].len);
    printf("ok 1 - %zu seeds\n", seed_count);
    for (int i = 0; i < ROUNDS; i++) {
        const struct input *s = &seeds[dice(seed_count)];
        struct input in = {bytes, s->len};
        memcpy(bytes, s->bytes, s->len);
        for (uint64_t k = 1 + dice(4); k-- > 0;)
            change(&in);
        LLVMFuzzerTestOneInput(in.bytes, in.len);
    }
    printf("ok 2 - %d changed ones\n", ROUNDS);
    for (size_t i = 0; i < seed_count; i++)
        free(seeds[i].bytes);
    return 0;
}
