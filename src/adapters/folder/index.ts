export { causeOf, type Disk, type DiskFile, realDisk } from './disk.ts'
export { bundledLines, wholeLines } from './lines.ts'
export { decideTakeover, type Found, isAlive, type Owner, silence, thisOwner } from './owner.ts'
