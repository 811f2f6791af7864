import type { DependencyContext } from '../dependencies/index.ts'
import type { AnyServer } from '../traffic/index.ts'

/** A framework's application around a server: opened after the dependencies, closed before them. */
export interface App {
  readonly server: AnyServer
  /** Before the server listens. @default nothing */
  readonly open?: ((context: DependencyContext) => unknown) | undefined
  /** After the last request. @default nothing */
  readonly close?: ((context: DependencyContext) => unknown) | undefined
}
