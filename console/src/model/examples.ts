/** Filters that show the language, and what each one finds. */
export const EXAMPLES: readonly { filter: string; finds: string }[] = [
  { filter: "storefront", finds: "the word in a message, or in the id or name of an actor or target" },
  { filter: 'data.exit_description : "out of memory"', finds: "these words in one member of the event’s data, in any case" },
  { filter: 'type = "audit.app.create"', finds: "events of one type" },
  { filter: 'type = "audit.*.delete*"', finds: "types by a pattern: * stands for any characters" },
  { filter: "type = (app.crash OR audit.app.update)", finds: "one of several values" },
  { filter: "NOT actor.name : bot", finds: "everything but actors whose name contains “bot”" },
  { filter: "project_id:*", finds: "events that have a project" },
  { filter: 'project_id = ""', finds: "events without a project" },
  { filter: "type = app.crash AND target.name = storefront", finds: "both conditions hold" },
  { filter: "type = app.crash OR actor.name : bot", finds: "one of them holds; OR binds closer than AND" },
  { filter: "data.exit_status > 1", finds: "a number in the event’s data" },
  { filter: 'message : "timeout"', finds: "the message alone contains it" },
];
