export { headSchema, sealedSchema, settledSchema } from './schemas.ts'
