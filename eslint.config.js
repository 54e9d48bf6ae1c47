import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/*", "!docs/", "!docs/live/**", "!tests/", "!tests/engine/**"] },
  js.configs.recommended,
  {
    languageOptions: { globals: globals["shared-node-browser"] },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": ["error", { destructuring: "all" }],
      "max-lines": ["error", 250],
    },
  },
  { files: ["docs/live/**"], languageOptions: { globals: globals.browser } },
  { files: ["tests/engine/**"], languageOptions: { globals: globals.node } },
];
