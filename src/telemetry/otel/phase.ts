import type { Attributes, Span } from '@opentelemetry/api'
import { currentPhase } from '../index.ts'

/** A processor of spans, for any version of the SDK. */
export interface PhaseSpans {
  onStart(span: Span & { readonly attributes?: Attributes | undefined }): void
  onEnd(): void
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

/**
 * Marks every span that begins with the phase it begins under: `phasegate.chart`, `.subject`, `.phase` and, inside a flip,
 * `.flip_id`. Put it before the processor that exports.
 * @example new BasicTracerProvider({ spanProcessors: [phaseSpans(), new BatchSpanProcessor(exporter)] })
 */
export function phaseSpans(): PhaseSpans {
  return {
    onStart(span) {
      const here = currentPhase()
      // The spans of flips say themselves what they are about.
      if (here === undefined || span.attributes?.['phasegate.chart'] !== undefined) return
      const { chart, subject, phase, flipId } = here
      span.setAttributes({ 'phasegate.chart': chart, 'phasegate.subject': subject })
      if (phase !== undefined) span.setAttribute('phasegate.phase', phase)
      if (flipId !== undefined) span.setAttribute('phasegate.flip_id', flipId)
    },
    onEnd: () => undefined,
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}

/**
 * Labels for metrics of your own: the chart and the phase that they are recorded under, and nothing of which there are
 * many. None outside of a phase.
 * @example requests.add(1, { route, ...phaseAttributes() })
 */
export function phaseAttributes(): Attributes {
  const here = currentPhase()
  if (here === undefined) return {}
  return here.phase === undefined ? { chart: here.chart } : { chart: here.chart, phase: here.phase }
}
