import { declareValuePlugin, PluginKind } from "@stryker-mutator/api/plugin";

const CALLS = { assert: 1, refuse: 1, replace: 2, bug: 1 };

/** `path symbol tag`: where a rule of Linux stands. */
const SOURCE = /^(arch|drivers|include|mm|fs|kernel)\/\S+\.[chS] /;

/** The words of a refusal, a claim or a source are for readers: no call behaves otherwise for them. */
function isWords(path) {
  const { parent, key, listKey } = path;
  if (!path.isStringLiteral() && !path.isTemplateLiteral()) return false;
  if (path.isStringLiteral() && SOURCE.test(path.node.value)) return true;
  if (parent.type === "ObjectProperty" && key === "value") {
    return ["why", "source"].includes(parent.key.name);
  }
  return (
    parent.type === "CallExpression" && listKey === "arguments" && CALLS[parent.callee.name] === key
  );
}

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, "words", {
    shouldIgnore: (path) => (isWords(path) ? "words for the reader" : undefined),
  }),
];
