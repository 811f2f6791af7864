import { messageOf, type Stop } from '../base/index.ts'
import * as platform from './platform/index.ts'
import type { Settings } from './settings.ts'

/** What is to be done about them. */
export interface Triggered {
  drain(reason: string): void
  crashed(thrown: unknown, reason: string): void
}

/** What may bring a service down from outside: signals, and crashes where they are to be drained. */
export class Triggers {
  readonly #settings: Settings
  readonly #triggered: Triggered
  readonly #signals: platform.Signals
  readonly #stopCrashes: Stop

  constructor(settings: Settings, triggered: Triggered) {
    this.#settings = settings
    this.#triggered = triggered
    this.#signals = new platform.Signals(settings, (decision, signal) => this.#signalled(decision, signal))
    this.#stopCrashes = platform.watchCrashes(settings.crashes, (event, thrown) => this.#crashed(event, thrown))
  }

  /** The drain was called off: the next signal is a first one again. */
  forget(): void {
    this.#signals.forget()
  }

  stop(): void {
    this.#signals.stop()
    this.#stopCrashes()
  }

  #signalled(decision: platform.SignalDecision, signal: platform.EndSignal): void {
    if (decision === 'drain') this.#triggered.drain(signal)
    else if (decision === 'exit' && this.#settings.exits) process.exit(platform.exitCodeOf(signal))
    else this.#settings.terminal.say(`${signal} again: draining already`)
  }

  #crashed(event: platform.CrashEvent, thrown: unknown): void {
    const reason = `${event}: ${messageOf(thrown)}`
    this.#settings.terminal.say(thrown instanceof Error ? `${event}: ${thrown.stack}` : reason)
    this.#triggered.crashed(thrown, reason)
  }
}
