/* Packet rules: what happens to the packets that link:match { ... } is about. */
#include "sim/lua/lua_rule.h"

#include "sim/lua/lua_api.h"
#include "sim/lua/lua_args.h"
#include "sim/lua/lua_units.h"

#include <string.h>

enum { RULE_FUNCTION = 1 }; /* user value */

struct rule {
    struct object object;
    struct script *script;
    link_id link;
    struct packet_match match;
    match_id id;        /* 0 until it has an action */
    const char *action; /* its name, for messages */
};

static const struct object_class rule_class;

static const char *const copy_options_keys[] = { "arrive_at", "by", "copies", "label", NULL };
static const char *const delay_options_keys[] = { "arrive_at", "by", "label", NULL };
static const char *const corrupt_options_keys[] = { "bit", "label", NULL };

void rule_push_new(lua_State *L, link_id link, const struct packet_match *match)
{
    struct script *script = script_of(L);
    struct rule *rule = object_push_new(L, &rule_class, sizeof *rule, ++script->objects);
    rule->script = script;
    rule->link = link;
    rule->match = *match;
}

static struct rule *check_rule(lua_State *L)
{
    return object_check(L, 1, &rule_class);
}

/* A rule that has no action yet. */
static struct rule *check_new_rule(lua_State *L)
{
    struct rule *rule = check_rule(L);
    if (rule->id != 0) {
        luaL_error(L, "this rule has an action already (%s): make another one with link:match",
                   rule->action);
    }
    return rule;
}

/* ---- adding --------------------------------------------------------------------------------- */

/* With the rule at `index`, which is returned to the script, so that calls can be chained. */
static int add(lua_State *L, int index, struct rule *rule, const char *name,
               const struct packet_action *action, const char *label)
{
    rule->action = name;
    lua_pushvalue(L, index);
    object_keep(L, &rule_class, rule->object.number);
    const enum sim_status status =
        link_add_rule(rule->script->sim, rule->link, &rule->match, action, label, &rule->id);
    return status == SIM_OK ? 1 : script_raise_status(L, name, status);
}

static int rule_drop(lua_State *L)
{
    const struct packet_action action = { .kind = ACTION_DROP };
    const char *label = luaL_optstring(L, 2, NULL);
    return add(L, 1, check_new_rule(L), "drop", &action, label);
}

static int rule_hold(lua_State *L)
{
    const struct packet_action action = { .kind = ACTION_HOLD };
    const char *label = luaL_optstring(L, 2, NULL);
    return add(L, 1, check_new_rule(L), "hold", &action, label);
}

/* arrive_at or by. */
static bool read_when(const struct args *args, struct packet_action *action)
{
    const bool at = args_duration(args, "arrive_at", &action->arrive_at);
    const bool by = args_duration(args, "by", &action->by);
    if (at && by && action->copies <= 1) {
        luaL_error(args->L, "%s: give 'arrive_at' (a time of the run) or 'by' (later than usual)",
                   args->what);
    }
    if (at && action->arrive_at == 0) {
        luaL_error(args->L, "'arrive_at' in %s must be later than 0", args->what);
    }
    return at || by;
}

static int rule_copy(lua_State *L)
{
    struct packet_action action = { .kind = ACTION_COPY };
    struct args args;
    const char *label = NULL;
    struct rule *rule = check_new_rule(L);
    if (lua_isstring(L, 2)) {
        action.by = unit_check_duration(L, 2, "the delay of 'copy'");
        return add(L, 1, rule, "copy", &action, NULL);
    }
    args_open(&args, L, 2, "copy options", copy_options_keys);
    args_u32(&args, "copies", 1, 1000, &action.copies);
    read_when(&args, &action);
    args_text(&args, "label", &label);
    return add(L, 1, rule, "copy", &action, label);
}

static int rule_delay(lua_State *L)
{
    struct packet_action action = { .kind = ACTION_DELAY };
    struct args args;
    const char *label = NULL;
    struct rule *rule = check_new_rule(L);
    if (lua_isstring(L, 2)) {
        action.by = unit_check_duration(L, 2, "the delay of 'delay'");
        return add(L, 1, rule, "delay", &action, NULL);
    }
    args_open(&args, L, 2, "delay options", delay_options_keys);
    if (!read_when(&args, &action)) {
        return luaL_error(L, "delay options need 'by' or 'arrive_at', such as { by = \"1s\" }");
    }
    args_text(&args, "label", &label);
    return add(L, 1, rule, "delay", &action, label);
}

static int rule_corrupt(lua_State *L)
{
    struct packet_action action = { .kind = ACTION_CORRUPT, .bit = UINT32_MAX };
    struct args args;
    const char *label = NULL;
    struct rule *rule = check_new_rule(L);
    args_open(&args, L, 2, "corrupt options", corrupt_options_keys);
    args_u32(&args, "bit", 0, 8 * 65535, &action.bit);
    args_text(&args, "label", &label);
    return add(L, 1, rule, "corrupt", &action, label);
}

/* ---- callbacks ------------------------------------------------------------------------------ */

/* One packet's question to a script. */
struct question {
    struct rule *rule;
    struct packet_action *action;
    bool acts;
};

static const char answers[] = "return \"pass\", \"drop\", \"hold\", \"corrupt\", { delay = d }, "
                              "{ arrive_at = t } or { copy = d }";

enum { ASK_FUNCTION = 3, ASK_ANSWER }; /* the stack while a callback is asked */

/* No function of the script runs any more, so the place is where the callback begins. */
static int raise_bad_answer(lua_State *L)
{
    const char *text = sandbox_tostring(L, ASK_ANSWER, NULL);
    lua_Debug function = { 0 };
    lua_pushvalue(L, ASK_FUNCTION);
    lua_getinfo(L, ">S", &function);
    return luaL_error(L, "%s:%d: bad answer '%s' of a packet callback: %s", function.short_src,
                      function.linedefined, text, answers);
}

static bool read_word(const char *word, struct packet_action *action)
{
    static const struct {
        const char *word;
        enum packet_action_kind kind;
    } kinds[] = { { "drop", ACTION_DROP }, { "hold", ACTION_HOLD }, { "corrupt", ACTION_CORRUPT } };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(word, kinds[i].word) == 0) {
            *action = (struct packet_action){ .kind = kinds[i].kind, .bit = UINT32_MAX };
            return true;
        }
    }
    return false;
}

static const char *const answer_options_keys[] = { "arrive_at", "copy", "delay", NULL };

static void read_answer_table(lua_State *L, struct packet_action *action)
{
    struct args args;
    args_open(&args, L, ASK_ANSWER, "the answer of a packet callback", answer_options_keys);
    *action = (struct packet_action){ .kind = ACTION_DELAY };
    const bool at = args_duration(&args, "arrive_at", &action->arrive_at);
    const bool delay = args_duration(&args, "delay", &action->by);
    const bool copy = args_duration(&args, "copy", &action->by);
    if (at + delay + copy != 1 || (at && action->arrive_at == 0)) {
        raise_bad_answer(L);
    }
    action->kind = copy ? ACTION_COPY : ACTION_DELAY;
}

/* Fill in what the callback answered; false for "pass". */
static bool read_answer(lua_State *L, struct packet_action *action)
{
    if (lua_istable(L, ASK_ANSWER)) {
        read_answer_table(L, action);
        return true;
    }
    const bool is_text = lua_type(L, ASK_ANSWER) == LUA_TSTRING;
    const char *word = is_text ? lua_tostring(L, ASK_ANSWER) : "";
    if (lua_isnil(L, ASK_ANSWER) || strcmp(word, "pass") == 0) {
        return false;
    }
    if (!read_word(word, action)) {
        raise_bad_answer(L);
    }
    return true;
}

static int ask(lua_State *L)
{
    struct question *question = lua_touserdata(L, 1);
    object_push_kept(L, &rule_class, question->rule->object.number);
    lua_getiuservalue(L, -1, RULE_FUNCTION);
    lua_pushvalue(L, ASK_FUNCTION);
    packet_view_push(L);
    lua_call(L, 1, 1);
    question->acts = read_answer(L, question->action);
    return 0;
}

/* packet_call_fn. May come in the midst of an application's call (conn:send), so it has a thread of
 * its own. */
static bool decide(struct sim *sim, void *context, const struct packet *packet,
                   struct packet_action *action)
{
    (void)sim;
    struct question question = { context, action, false };
    struct script *script = question.rule->script;
    lua_State *L = script->callbacks;
    if (script->ended || !lua_checkstack(L, 4)) {
        return false;
    }
    const struct packet *before = packet_view_show(L, packet);
    lua_pushcfunction(L, ask);
    lua_pushlightuserdata(L, &question);
    const enum sandbox_result result = sandbox_call(script->box, L, 1, 0);
    packet_view_show(L, before);
    if (result != SANDBOX_OK) {
        script_end_by_error(script, result, "in a packet callback");
        return false;
    }
    return question.acts;
}

/* With the rule at `index`. */
static int add_call(lua_State *L, int index, int function)
{
    struct rule *rule = object_check(L, index, &rule_class);
    const struct packet_action action = { .kind = ACTION_CALL, .call = decide, .context = rule };
    lua_pushvalue(L, function);
    lua_setiuservalue(L, index, RULE_FUNCTION);
    return add(L, index, rule, "call", &action, NULL);
}

void rule_act_by_call(lua_State *L, int function)
{
    add_call(L, lua_gettop(L), function);
}

static int rule_call(lua_State *L)
{
    check_new_rule(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    return add_call(L, 1, 2);
}

/* ---- afterwards ----------------------------------------------------------------------------- */

static int rule_release(lua_State *L)
{
    const struct rule *rule = check_rule(L);
    if (rule->id == 0) {
        return luaL_error(L, "this rule holds nothing: it has no action yet");
    }
    lua_pushinteger(L, link_release(rule->script->sim, rule->id));
    return 1;
}

static int rule_remove(lua_State *L)
{
    const struct rule *rule = check_rule(L);
    if (rule->id != 0) {
        link_remove_rule(rule->script->sim, rule->id);
    }
    return 0;
}

static int rule_hits(lua_State *L)
{
    const struct rule *rule = check_rule(L);
    if (rule->id == 0) {
        return luaL_error(L, "this rule has no action yet: add :drop(), :copy { ... } or another");
    }
    lua_pushinteger(L, (lua_Integer)link_rule_hits(rule->script->sim, rule->id));
    return 1;
}

static int rule_link(lua_State *L)
{
    api_push_link(L, check_rule(L)->link);
    return 1;
}

static const luaL_Reg rule_methods[] = {
    { "call", rule_call },       { "copy", rule_copy },     { "corrupt", rule_corrupt },
    { "delay", rule_delay },     { "drop", rule_drop },     { "hold", rule_hold },
    { "release", rule_release }, { "remove", rule_remove }, { NULL, NULL },
};

static const luaL_Reg rule_fields[] = {
    { "hits", rule_hits },
    { "link", rule_link },
    { NULL, NULL },
};

static const struct object_class rule_class = { "rule", rule_methods, rule_fields, NULL };

void api_open_rule(lua_State *L)
{
    object_open_class(L, &rule_class);
}
