// segname.c - reads and writes SEG, escapes names from outside, and takes the escapes away again.
#include "core/segname.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "core/text.h"

// ---- writing into a buffer that may be too small

struct out {
    char *buf;
    size_t size;
    size_t len;  // of the whole text
    size_t kept; // what fits of it
    bool cut;
};

static struct out out_begin(char *buf, size_t size) {
    if (size)
        buf[0] = '\0';
    return (struct out){.buf = buf, .size = size};
}

// Adds a piece that must not be torn.
static void out_piece(struct out *o, const char *bytes, size_t n) {
    o->len += n;
    if (o->cut || o->size == 0 || n > o->size - 1 - o->kept) {
        o->cut = true;
        return;
    }
    memcpy(o->buf + o->kept, bytes, n);
    o->kept += n;
    o->buf[o->kept] = '\0';
}

__attribute__((format(printf, 2, 3))) static void out_format(struct out *o, const char *format,
                                                             ...) {
    char piece[96]; // the longest holds two 32-bit numbers and one of 64 bits
    va_list args;

    va_start(args, format);
    int n = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < sizeof piece)
        out_piece(o, piece, (size_t)n);
}

// ---- escaping

// Format characters that show nothing, or end a line, and so can make a name look like another.
static bool is_invisible(uint32_t cp) {
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00ad, 0x00ad}, {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},
        {0x2060, 0x2069}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
    };

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (cp >= ranges[i].first && cp <= ranges[i].last)
            return true;
    return cp_is_bidi_control(cp);
}

static bool is_plain(uint32_t cp, bool at) {
    if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == '\\' || (cp == '@' && at))
        return false;
    return cp < 0x80 || !is_invisible(cp);
}

static void out_escaped(struct out *o, const char *bytes, size_t len, bool at) {
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len;) {
        uint32_t cp;
        size_t n = utf8_decode(bytes + i, len - i, &cp);
        if (n && is_plain(cp, at)) {
            out_piece(o, bytes + i, n);
            i += n;
            continue;
        }
        for (size_t end = i + (n ? n : 1); i < end; i++) {
            unsigned char c = (unsigned char)bytes[i];
            const char escape[4] = {'\\', 'x', digits[c >> 4], digits[c & 15]};
            out_piece(o, escape, sizeof escape);
        }
    }
}

size_t name_escape(const char *bytes, size_t len, bool at, char *buf, size_t size) {
    struct out o = out_begin(buf, size);

    out_escaped(&o, bytes, len, at);
    return o.len;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static ssize_t unescape(const char *text, size_t len, char *buf, size_t size) {
    size_t n = 0;

    if (size == 0)
        return -ENAMETOOLONG;
    for (size_t i = 0; i < len; n++) {
        int value = (unsigned char)text[i];
        if (text[i] == '\\') {
            int high = len - i >= 4 && text[i + 1] == 'x' ? hex_digit(text[i + 2]) : -1;
            int low = high >= 0 ? hex_digit(text[i + 3]) : -1;
            if (low < 0)
                return -EINVAL;
            value = high * 16 + low;
            i += 4;
        } else {
            i++;
        }
        if (n == size - 1)
            return -ENAMETOOLONG;
        buf[n] = (char)value;
    }
    buf[n] = '\0';
    return (ssize_t)n;
}

ssize_t name_unescape(const char *text, char *buf, size_t size) {
    return unescape(text, strlen(text), buf, size);
}

// ---- parsing

// A number that is all of s..end. False: no digits, something else among them, or above max.
static bool whole_number(const char *s, const char *end, unsigned base, uint64_t max,
                         uint64_t *out) {
    uint64_t value = 0;

    if (s == end)
        return false;
    for (; s < end; s++) {
        int digit = hex_digit(*s);
        if (digit < 0 || (unsigned)digit >= base || value > (max - (unsigned)digit) / base)
            return false;
        value = value * base + (unsigned)digit;
    }
    *out = value;
    return true;
}

static int wrong(const char **why, const char *reason) {
    *why = reason;
    return -EINVAL;
}

// Takes "@NS" off the end: *end becomes where it began.
static int parse_ns(const char *s, const char **end, uint64_t *ns, const char **why) {
    const char *at = memchr(s, '@', (size_t)(*end - s));

    if (!at)
        return 0;
    // No namespace has inode 0. A second @ ends up here as well.
    if (!whole_number(at + 1, *end, 10, UINT64_MAX, ns) || *ns == 0)
        return wrong(why, "after the @ there must be a namespace number (an @ inside a name is "
                          "written \\x40)");
    *end = at;
    return 0;
}

// Every component must be a name: neither empty nor . nor .. (a SEG says a place in one way only).
static const char *path_fault(const char *path, size_t len) {
    if (len == 0 || path[0] != '/')
        return "the name must begin with /";
    if (memchr(path, '\0', len))
        return "a name cannot hold a NUL byte";
    for (size_t i = 0; i < len;) {
        const char *component = path + i + 1;
        const char *slash = memchr(component, '/', len - i - 1);
        size_t n = slash ? (size_t)(slash - component) : len - i - 1;
        if (n == 0)
            return "the name has an empty component";
        if (n == 1 && component[0] == '.')
            return "the name has a . component";
        if (n == 2 && component[0] == '.' && component[1] == '.')
            return "the name has a .. component";
        i += 1 + n;
    }
    return NULL;
}

static int parse_path(const char *s, const char *end, struct seg_ref *ref, const char **why) {
    int rc = parse_ns(s, &end, &ref->ns, why);

    if (rc < 0)
        return rc;
    ssize_t n = unescape(s, (size_t)(end - s), ref->name, sizeof ref->name);
    if (n == -ENAMETOOLONG)
        return wrong(why, "the name is too long");
    if (n < 0)
        return wrong(why, "a \\ must begin an escape like \\x0a (itself it is written \\x5c)");
    const char *fault = path_fault(ref->name, (size_t)n);
    if (fault)
        return wrong(why, fault);
    ref->name_len = (size_t)n;
    return 0;
}

static int parse_sysv(const char *s, const char *end, struct seg_ref *ref, const char **why) {
    int rc = parse_ns(s, &end, &ref->ns, why);

    if (rc < 0)
        return rc;
    return whole_number(s, end, 10, INT32_MAX, &ref->num)
               ? 0
               : wrong(why, "a shmid is a number from 0 to 2147483647");
}

static int parse_key(const char *s, const char *end, struct seg_ref *ref, const char **why) {
    bool hex = end - s > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X');

    return whole_number(hex ? s + 2 : s, end, hex ? 16 : 10, UINT32_MAX, &ref->num)
               ? 0
               : wrong(why, "a key is a number from 0x0 to 0xffffffff, without @");
}

static int parse_object(const char *s, const char *end, struct seg_ref *ref, const char **why) {
    const char *first = memchr(s, ':', (size_t)(end - s));
    const char *second = first ? memchr(first + 1, ':', (size_t)(end - first - 1)) : NULL;
    uint64_t major_number, minor_number;

    if (!second || !whole_number(s, first, 10, UINT32_MAX, &major_number) ||
        !whole_number(first + 1, second, 10, UINT32_MAX, &minor_number) ||
        !whole_number(second + 1, end, 10, UINT64_MAX, &ref->num))
        return wrong(why, "an object is MAJOR:MINOR:INODE, decimal numbers without @");
    ref->major = (uint32_t)major_number;
    ref->minor = (uint32_t)minor_number;
    return 0;
}

struct form {
    const char *prefix;
    enum seg_form form;
    int (*parse)(const char *s, const char *end, struct seg_ref *ref, const char **why);
};
static const struct form forms[] = {
    {"sysv:", SEG_FORM_SYSV, parse_sysv},    {"key:", SEG_FORM_KEY, parse_key},
    {"posix:", SEG_FORM_POSIX, parse_path},  {"file:", SEG_FORM_FILE, parse_path},
    {"obj:", SEG_FORM_OBJECT, parse_object},
};

int seg_parse(const char *text, struct seg_ref *out, const char **why) {
    const char *end = text + strlen(text);
    const struct form *form = NULL;
    struct seg_ref ref;
    size_t skip = 0;

    // Of the name as much is written and copied as there is: parsing 4,096 SEGs stays cheap.
    memset(&ref, 0, offsetof(struct seg_ref, name) + 1);
    for (size_t i = 0; i < sizeof forms / sizeof *forms && !form; i++) {
        skip = strlen(forms[i].prefix);
        if (strncmp(text, forms[i].prefix, skip) == 0)
            form = &forms[i];
    }
    ref.form = form ? form->form : SEG_FORM_POSIX;
    if (!form && text[0] != '/')
        return wrong(why, "is not sysv:ID, key:0xKEY, posix:/NAME, /NAME, file:/PATH or "
                          "obj:MAJ:MIN:INO");
    int rc = form ? form->parse(text + skip, end, &ref, why) : parse_path(text, end, &ref, why);
    if (rc < 0)
        return rc;
    memcpy(out, &ref, offsetof(struct seg_ref, name) + ref.name_len + 1);
    return 0;
}

// ---- formatting

static void out_object(struct out *o, uint32_t major_number, uint32_t minor_number, uint64_t ino) {
    out_format(o, "obj:%" PRIu32 ":%" PRIu32 ":%" PRIu64, major_number, minor_number, ino);
}

static bool has_name(enum seg_kind kind) {
    return kind == SEG_POSIX || kind == SEG_TMPFS || kind == SEG_HUGETLB;
}

static bool is_unlinked(const struct segment *seg) {
    uint64_t links = 0;

    return (seg->flags & SEG_FLAG_UNLINKED) ||
           (seg_get(seg, SEG_LINKS, &links) == WHY_KNOWN && links == 0);
}

size_t seg_format(const struct segment *seg, char *buf, size_t size) {
    struct out o = out_begin(buf, size);
    const char *name = NULL;
    size_t name_len = 0;
    uint64_t mnt_ns = 0;

    if (seg->id.kind == SEG_SYSV) {
        out_format(&o, "sysv:%" PRIu64, seg->id.num);
        // An unknown namespace is written too: without it this would name a segment of our own.
        if (seg->foreign)
            out_format(&o, "@%" PRIu64, seg->id.ns);
        return o.len;
    }
    if (!has_name(seg->id.kind) || is_unlinked(seg) ||
        strv_get(seg->name, &name, &name_len) != WHY_KNOWN || name_len == 0 ||
        (seg->foreign && seg_get(seg, SEG_MNT_NS, &mnt_ns) != WHY_KNOWN)) {
        out_object(&o, major(seg->id.dev), minor(seg->id.dev), seg->id.num);
        return o.len;
    }
    out_format(&o, "%s", seg->id.kind == SEG_POSIX ? "posix:" : "file:");
    out_escaped(&o, name, name_len, true);
    if (seg->foreign)
        out_format(&o, "@%" PRIu64, mnt_ns);
    return o.len;
}

size_t seg_ref_format(const struct seg_ref *ref, char *buf, size_t size) {
    struct out o = out_begin(buf, size);

    switch (ref->form) {
    case SEG_FORM_SYSV:
        out_format(&o, "sysv:%" PRIu64, ref->num);
        break;
    case SEG_FORM_KEY:
        out_format(&o, "key:0x%" PRIx64, ref->num);
        return o.len;
    case SEG_FORM_OBJECT:
        out_object(&o, ref->major, ref->minor, ref->num);
        return o.len;
    case SEG_FORM_POSIX:
    case SEG_FORM_FILE:
        out_format(&o, "%s", ref->form == SEG_FORM_POSIX ? "posix:" : "file:");
        out_escaped(&o, ref->name, ref->name_len, true);
        break;
    }
    if (ref->ns)
        out_format(&o, "@%" PRIu64, ref->ns);
    return o.len;
}

// ---- matching

static bool is_named(const struct seg_ref *ref, strv name) {
    const char *bytes = NULL;
    size_t len = 0;

    return strv_get(name, &bytes, &len) == WHY_KNOWN && len == ref->name_len && len > 0 &&
           memcmp(bytes, ref->name, len) == 0;
}

static bool matches_path(const struct seg_ref *ref, const struct segment *seg, const strv *names) {
    uint64_t mnt_ns = 0;

    if (is_unlinked(seg) ||
        (ref->ns ? seg_get(seg, SEG_MNT_NS, &mnt_ns) != WHY_KNOWN || mnt_ns != ref->ns
                 : seg->foreign))
        return false;
    if (is_named(ref, seg->name))
        return true;
    for (uint32_t i = 0; names && i < seg->name_count; i++)
        if (is_named(ref, names[seg->first_name + i]))
            return true;
    return false;
}

bool seg_ref_matches(const struct seg_ref *ref, const struct segment *seg, const strv *names) {
    enum seg_kind kind = seg->id.kind;
    uint64_t key = 0;

    switch (ref->form) {
    case SEG_FORM_SYSV:
        return kind == SEG_SYSV && seg->id.num == ref->num &&
               (ref->ns ? seg->id.ns == ref->ns : !seg->foreign);
    case SEG_FORM_KEY:
        // 0 is IPC_PRIVATE, and what the key becomes with IPC_RMID.
        return kind == SEG_SYSV && !seg->foreign && !(seg->flags & SEG_FLAG_DEST) &&
               seg_get(seg, SEG_KEY, &key) == WHY_KNOWN && key != 0 && key == ref->num;
    case SEG_FORM_POSIX:
        return kind == SEG_POSIX && matches_path(ref, seg, names);
    case SEG_FORM_FILE:
        return (kind == SEG_TMPFS || kind == SEG_HUGETLB) && matches_path(ref, seg, names);
    case SEG_FORM_OBJECT:
        return kind != SEG_SYSV && seg->id.num == ref->num &&
               seg->id.dev == makedev(ref->major, ref->minor);
    }
    return false;
}
