using System.Text.Json;
using System.Text.RegularExpressions;

namespace Stackflare.Tests.Writers;

/// <summary>
/// Validates a document by the keywords that the project's schema uses; any other keyword is an error, so that nothing is passed
/// over. Stricter than the schema in one thing: a property that the schema does not describe is an error too.
/// </summary>
internal sealed class SchemaCheck(JsonElement root)
{
    public List<string> Errors { get; } = [];

    public static List<string> Of(JsonElement document, JsonElement schema)
    {
        var check = new SchemaCheck(schema);
        check.Check(document, schema, "$");
        return check.Errors;
    }

    private void Check(JsonElement value, JsonElement schema, string path)
    {
        foreach (var keyword in schema.EnumerateObject())
        {
            switch (keyword.Name)
            {
                case "$schema" or "$id" or "$defs" or "title" or "description":
                    break;
                case "$ref":
                    Check(value, Resolve(keyword.Value.GetString()!), path);
                    break;
                case "type":
                    Expect(Types(keyword.Value).Any(t => IsOfType(value, t)), path, $"is no {keyword.Value}");
                    break;
                case "const":
                    Expect(JsonElement.DeepEquals(value, keyword.Value), path, $"is not {keyword.Value}");
                    break;
                case "enum":
                    Expect(keyword.Value.EnumerateArray().Any(v => JsonElement.DeepEquals(v, value)), path, $"{value} is none of {keyword.Value}");
                    break;
                case "pattern":
                    Expect(value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!, keyword.Value.GetString()!), path, $"does not match {keyword.Value}");
                    break;
                case "format":
                    Assert.Equal("date-time", keyword.Value.GetString());
                    Expect(value.TryGetDateTimeOffset(out _), path, "is no time");
                    break;
                case "minimum":
                    Expect(value.ValueKind != JsonValueKind.Number || value.GetDecimal() >= keyword.Value.GetDecimal(), path, $"is below {keyword.Value}");
                    break;
                case "items" when value.ValueKind is JsonValueKind.Array:
                    foreach (var (index, item) in value.EnumerateArray().Index())
                        Check(item, keyword.Value, $"{path}[{index}]");
                    break;
                case "required" when value.ValueKind is JsonValueKind.Object:
                    foreach (var name in keyword.Value.EnumerateArray())
                        Expect(value.TryGetProperty(name.GetString()!, out _), path, $"lacks {name}");
                    break;
                case "properties" when value.ValueKind is JsonValueKind.Object:
                    foreach (var property in value.EnumerateObject())
                    {
                        if (keyword.Value.TryGetProperty(property.Name, out var inner))
                            Check(property.Value, inner, $"{path}.{property.Name}");
                        else
                            Errors.Add($"{path}.{property.Name} is not described");
                    }
                    break;
                case "items" or "required" or "properties":
                    break;
                default:
                    throw new NotSupportedException($"The check does not know the keyword '{keyword.Name}'.");
            }
        }
    }

    private void Expect(bool holds, string path, string error)
    {
        if (!holds)
            Errors.Add($"{path} {error}");
    }

    private JsonElement Resolve(string reference)
    {
        var element = root;
        foreach (string part in reference.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
            element = element.GetProperty(part);
        return element;
    }

    private static IEnumerable<string> Types(JsonElement type) =>
        type.ValueKind is JsonValueKind.Array ? type.EnumerateArray().Select(t => t.GetString()!) : [type.GetString()!];

    private static bool IsOfType(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind is JsonValueKind.Object,
        "array" => value.ValueKind is JsonValueKind.Array,
        "string" => value.ValueKind is JsonValueKind.String,
        "number" => value.ValueKind is JsonValueKind.Number,
        "integer" => value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out _),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind is JsonValueKind.Null,
        _ => throw new NotSupportedException($"The check does not know the type '{type}'."),
    };
}
