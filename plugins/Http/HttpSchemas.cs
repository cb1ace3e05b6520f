namespace PluginRuntime.Connectors.Http;

/// <summary>The schemas of the actions, by hand: bodies have no type of their own.</summary>
internal static class HttpSchemas
{
    internal const string RequestInput =
        $$"""
        {
          "type": "object",
          "properties": {
            "method": { "enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], "description": "The request's method." },
            {{TargetProperties}},
            "body": {
              "description": "Sent as JSON, but for these: null is no body; { \"base64\": \"…\" } is bytes; a string with a Content-Type among the headers is sent as it is, in UTF-8."
            }
          },
          "required": ["method", "path"],
          "additionalProperties": false
        }
        """;

    internal const string GetInput =
        $$"""
        {
          "type": "object",
          "properties": {
            {{TargetProperties}}
          },
          "required": ["path"],
          "additionalProperties": false
        }
        """;

    internal const string Output =
        """
        {
          "type": "object",
          "properties": {
            "status": { "type": "integer", "minimum": 200, "maximum": 999, "description": "The response's status." },
            "headers": {
              "type": "object",
              "properties": { "set-cookie": { "type": "array", "items": { "type": "string" }, "description": "Each cookie as it was set." } },
              "additionalProperties": { "type": "string" },
              "description": "By lower-case name. Several values of one name are joined by ', ', but for set-cookie."
            },
            "bodyType": {
              "enum": ["none", "json", "text", "base64"],
              "description": "What 'body' is: null; the JSON of the response; its text; or { \"base64\": \"…\" } with its bytes."
            },
            "body": { "description": "What was answered, as 'bodyType' says." },
            "truncated": { "type": "boolean", "description": "True when the body was longer than 'maxResponseBytes'. Cut JSON is text." }
          },
          "required": ["status", "headers", "bodyType", "body", "truncated"]
        }
        """;

    private const string TargetProperties =
        """
        "path": {
              "type": "string",
              "maxLength": 4096,
              "description": "Below the base URL: empty, or beginning with '/'. Without query. Percent-encoded where it has to be; no '.' and '..' segments."
            },
            "query": {
              "type": "object",
              "description": "Encoded as it has to be. An array repeats the name, null leaves it out.",
              "additionalProperties": {
                "type": ["string", "number", "boolean", "null", "array"],
                "items": { "type": ["string", "number", "boolean"] }
              }
            },
            "headers": {
              "type": "object",
              "maxProperties": 100,
              "description": "In addition to those of the settings, or in their place. Not those of the connection and of credentials.",
              "additionalProperties": { "type": "string" }
            }
        """;
}
