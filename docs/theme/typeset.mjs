// Turns TeX into MathML for formulas.py: a line of JSON in, [[tex, display], ...], and one out,
// [[mathml, fault], ...]. The package temml is at the address that is the first argument.
import { createInterface } from "node:readline";

const { default: temml } = await import(process.argv[2]);

function typeset([tex, displayMode]) {
  try {
    return [temml.renderToString(tex, { displayMode, throwOnError: true, strict: false }), null];
  } catch (error) {
    return [null, error.message];
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(JSON.parse(line).map(typeset)) + "\n");
}
