/**
 * One job at a time on a model, the newest first: a job that is out of date is stopped, or finished
 * where the reader wants to see something while a line is being drawn.
 * @module
 */

/**
 * @typedef {typeof import("../engine/index.js")} Engine
 * @typedef {import("../engine/model.js").Diffusion} Diffusion
 * @typedef {(engine: Engine, model: Diffusion, signal: AbortSignal) => Promise<void>} Work
 */

/** @typedef {{ model: string | null, work: Work, patient?: boolean }} Job */

/**
 * What is shown of it.
 * @typedef {object} Face
 * @property {(text: string | null) => void} busy what goes on, or null at the end
 * @property {(sentence: string, retry: () => void) => void} fail
 */

let tries = 0;

/** The engine, fetched when it is asked for first. @returns {Promise<Engine>} */
export async function engine() {
  const address = `../engine/index.js${tries ? `?try=${tries}` : ""}`;
  try {
    return await import(address);
  } catch (error) {
    tries += 1;
    throw new Error("the engine cannot be downloaded: try again", { cause: error });
  }
}

/** The classifier, fetched when it is asked for first. */
export async function classifier() {
  return (await engine()).loadClassifier();
}

/** A sentence for the reader. @param {unknown} error */
export function sentence(error) {
  const text = error instanceof Error ? error.message : String(error);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`.replace(/[^.!?]$/, "$&.");
}

/** Runs jobs. */
export class Runner {
  /** @param {Face} face */
  constructor(face) {
    this.face = face;
    /** @type {Job | null} */
    this.next = null;
    /** @type {AbortController | null} */
    this.control = null;
    /** Whether a job has succeeded, so that the next ones need no asking. */
    this.warm = false;
  }

  /** Runs a job after the one that runs now, which is stopped unless it is patient. @param {Job} job */
  async run(job) {
    this.next = job;
    if (this.control) {
      if (!job.patient) this.control.abort();
      return;
    }
    while (this.next) {
      const now = this.next;
      this.next = null;
      await this.#one(now);
    }
    this.face.busy(null);
  }

  /** Stops what runs. */
  stop() {
    this.next = null;
    this.control?.abort();
  }

  /** @param {Job} job */
  async #one(job) {
    const control = (this.control = new AbortController());
    if (!this.warm) this.face.busy("Loading");
    try {
      const ours = await engine();
      /** @type {(share: number) => void} */
      const progress = (share) =>
        this.face.busy(share < 1 ? `Loading ${Math.round(100 * share)}%` : "Starting");
      const model = job.model === null ? null : await ours.load(job.model, { progress });
      control.signal.throwIfAborted();
      this.warm = true;
      this.face.busy("Sampling");
      await job.work(ours, /** @type {any} */ (model), control.signal);
    } catch (error) {
      if (!control.signal.aborted) {
        this.next = null;
        this.face.fail(sentence(error), () => this.run(job));
      }
    } finally {
      this.control = null;
    }
  }
}
