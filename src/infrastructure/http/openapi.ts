import { applyDecorators } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiResponse, DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { ProblemDto } from './answers.dto';

const MEANINGS: Readonly<Record<number, string>> = {
  400: 'The request cannot be read, or a parameter or header is not valid.',
  401: 'No valid API key.',
  402: 'The wallet does not cover it.',
  403: 'Not allowed for this key, account, recipient or destination.',
  404: 'No such thing for this account and mode.',
  409: 'A request with the same Idempotency-Key still runs.',
  413: 'The body is too large.',
  415: 'The body is of a type that is not read.',
  422: 'A field is not valid or not available yet, or the Idempotency-Key was used with another body.',
  429: 'Too many requests; see Retry-After.',
  503: 'Not available right now; see Retry-After.',
};

/** The statuses that a route answers with a problem document. */
export const ApiProblems = (...statuses: (keyof typeof MEANINGS & number)[]): MethodDecorator & ClassDecorator =>
  applyDecorators(
    ...statuses.map((status) => ApiResponse({ status, type: ProblemDto, description: MEANINGS[status] ?? '' })),
  );

/** `/openapi.json` and the reference page at `/docs`, both made from the code, at the first request for either. */
export function serveOpenApi(app: NestFastifyApplication, publicBaseUrl: string): void {
  const configuration = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Waht Messaging')
    .setDescription('SMS over plain HTTP and JSON. Errors are RFC 9457 problem documents with a stable `code`.')
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer(publicBaseUrl)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key: wk_live_…, wk_billing_… or wk_test_…' })
    .build();
  const document = (): OpenAPIObject =>
    withNullTypes(withProblemType(SwaggerModule.createDocument(app, configuration)));
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Waht Messaging · API reference',
  });
}

const isError = (status: string): boolean => /^[45]/.test(status);

/** The generator names every answer application/json; errors have a media type of their own. */
function withProblemType(document: OpenAPIObject): OpenAPIObject {
  for (const path of Object.values(document.paths)) {
    for (const operation of [path.get, path.post, path.put, path.patch, path.delete]) {
      for (const [status, response] of Object.entries(operation?.responses ?? {})) {
        if (!isError(status) || response === undefined || !('content' in response) || !response.content) continue;
        response.content = { 'application/problem+json': response.content['application/json'] ?? {} };
      }
    }
  }
  return document;
}

/** The generator says `nullable`, which OpenAPI 3.1 no longer knows: there null is a type like others. */
function withNullTypes(document: OpenAPIObject): OpenAPIObject {
  const revived: OpenAPIObject = JSON.parse(JSON.stringify(document), (_name, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('nullable' in value)) return value;
    const { nullable, ...schema } = value;
    if (nullable !== true) return schema;
    if ('type' in schema && typeof schema.type === 'string' && !('allOf' in schema) && !('$ref' in schema)) {
      return { ...schema, type: [schema.type, 'null'] };
    }
    return { anyOf: [schema, { type: 'null' }] };
  });
  return revived;
}
