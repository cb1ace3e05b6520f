using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace PluginRuntime.Sdk.Export.Schemas;

/// <summary>What a property says beyond its type: description, secret, path, and the rules of its data annotations.</summary>
internal static class PropertyKeywords
{
    internal static void Add(JsonPropertyInfo property, JsonTypeInfo type, JsonObject schema)
    {
        // Attributes of a record's parameter stay with the parameter unless they are targeted at the property.
        ICustomAttributeProvider?[] providers = [property.AssociatedParameter?.AttributeProvider, property.AttributeProvider];
        foreach (var attribute in providers.OfType<ICustomAttributeProvider>().SelectMany(provider => provider.GetCustomAttributes(inherit: true)))
        {
            switch (attribute)
            {
                case DescriptionAttribute description:
                    schema["description"] = description.Description;
                    break;
                case SecretAttribute:
                    schema["writeOnly"] = true;
                    break;
                case PathAttribute:
                    schema["format"] = "path";
                    break;
                case ValidationAttribute rule:
                    ValidationKeywords.Add(rule, property, type, schema);
                    break;
            }
        }
    }
}
