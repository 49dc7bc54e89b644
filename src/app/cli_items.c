// cli_items.c - what commands with items share: each is tried, told on its own, and counted.
#include <stdio.h>
#include <string.h>

#include "app/cli.h"
#include "app/json.h"

void cli_items_begin(struct cli_items *items, const char *action, const struct vantage *vantage,
                     uint64_t wall_ns) {
    items->action = action;
    items->seen = 0;
    if (!items->json)
        return;
    json_begin(&items->out, stdout, vantage, wall_ns);
    json_list_begin(&items->out, "items");
}

// Several facts, a line each.
static json_t *lines_value(const char *text) {
    json_t *list = json_array();
    for (;;) {
        size_t len = strcspn(text, "\n");
        json_array_append_new(list, json_text(text, len));
        if (!text[len])
            return list;
        text += len + 1;
    }
}

void cli_items_put(struct cli_items *items, const struct cli_item *item) {
    char error[1024];
    const struct fault *fault = item->fault;
    bool bad = fault && fault->outcome != OUTCOME_DONE;
    if (fault)
        items->seen |= 1u << fault->outcome;
    if (bad && !items->silent)
        cli_error(fault);
    if (bad)
        fault_format(fault, error, sizeof error);
    if (!items->json)
        return;
    json_t *o = json_item(item->id, item->action ? item->action : items->action, item->because,
                          fault ? json_result(fault->outcome) : NULL, bad ? error : NULL);
    if (item->because && strchr(item->because, '\n'))
        json_object_set_new(o, "because", lines_value(item->because));
    if (item->item && *item->item)
        json_object_set_new(o, "item", json_text(item->item, strlen(item->item)));
    json_element(&items->out, o);
}

void cli_items_add(struct cli_items *items, const char *id, const char *because,
                   const struct fault *fault) {
    cli_items_put(items, &(struct cli_item){.id = id, .because = because, .fault = fault});
}

int cli_items_end(struct cli_items *items) {
    static const enum outcome order[] = {OUTCOME_FAILED, OUTCOME_REFUSED, OUTCOME_MISSING};
    if (items->json) {
        json_list_end(&items->out);
        json_end(&items->out);
    }
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (items->seen & (1u << order[i]))
            return (int)order[i];
    return OUTCOME_DONE;
}

void cli_items_refuse(const struct options *opt, const char *action, const struct fault *f) {
    struct cli_look look;
    struct cli_items items = {.json = true, .silent = true};
    if (cli_look_root(opt, &look))
        return;
    cli_items_begin(&items, action, root_vantage(look.root), root_wall_ns(look.root));
    for (size_t i = 0; i < opt->operand_count; i++) {
        struct seg_ref ref;
        const char *why;
        char id[CLI_SEG_MAX];
        if (seg_parse(opt->operands[i], &ref, &why) == 0) {
            seg_ref_format(&ref, id, sizeof id);
            cli_items_add(&items, id, NULL, f);
        }
    }
    cli_items_end(&items);
    cli_look_done(&look);
}
