import type { ChartDraft } from './draft.ts'
export interface Problem { readonly place: string; readonly problem: string; readonly mend: string }
export function problemsOf(_draft: ChartDraft): readonly Problem[] { return [] }
