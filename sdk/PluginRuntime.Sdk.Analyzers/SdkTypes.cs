using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using Microsoft.CodeAnalysis;

namespace PluginRuntime.Sdk.Analyzers;

/// <summary>The Sdk's types, and the framework's that the rules ask for; looked up once a compilation.</summary>
internal sealed class SdkTypes
{
    private static readonly ConditionalWeakTable<Compilation, SdkTypes> _known = new();

    private readonly Lazy<bool> _isConnectorAssembly;

    private SdkTypes(Compilation compilation)
    {
        Connector = compilation.GetTypeByMetadataName("PluginRuntime.Sdk.Connector`1");
        ConnectorAttribute = compilation.GetTypeByMetadataName("PluginRuntime.Sdk.ConnectorAttribute");
        ConnectorContext = compilation.GetTypeByMetadataName("PluginRuntime.Sdk.ConnectorContext");
        SecretAttribute = compilation.GetTypeByMetadataName("PluginRuntime.Sdk.SecretAttribute");
        PathAttribute = compilation.GetTypeByMetadataName("PluginRuntime.Sdk.PathAttribute");
        CancellationToken = compilation.GetTypeByMetadataName("System.Threading.CancellationToken");
        JsonSerializerContext = compilation.GetTypeByMetadataName("System.Text.Json.Serialization.JsonSerializerContext");
        JsonSerializableAttribute = compilation.GetTypeByMetadataName("System.Text.Json.Serialization.JsonSerializableAttribute");
        JsonIgnoreAttribute = compilation.GetTypeByMetadataName("System.Text.Json.Serialization.JsonIgnoreAttribute");
        JsonTypeInfo = compilation.GetTypeByMetadataName("System.Text.Json.Serialization.Metadata.JsonTypeInfo");
        JsonTypeInfoOf = compilation.GetTypeByMetadataName("System.Text.Json.Serialization.Metadata.JsonTypeInfo`1");
        _isConnectorAssembly = new(() => HasConnector(compilation.Assembly.GlobalNamespace), LazyThreadSafetyMode.ExecutionAndPublication);
    }

    internal INamedTypeSymbol? Connector { get; }

    internal INamedTypeSymbol? ConnectorAttribute { get; }

    internal INamedTypeSymbol? ConnectorContext { get; }

    internal INamedTypeSymbol? SecretAttribute { get; }

    internal INamedTypeSymbol? PathAttribute { get; }

    internal INamedTypeSymbol? CancellationToken { get; }

    internal INamedTypeSymbol? JsonSerializerContext { get; }

    internal INamedTypeSymbol? JsonSerializableAttribute { get; }

    internal INamedTypeSymbol? JsonIgnoreAttribute { get; }

    internal INamedTypeSymbol? JsonTypeInfo { get; }

    internal INamedTypeSymbol? JsonTypeInfoOf { get; }

    /// <summary>Whether a class of the compilation is marked with <c>[Connector]</c>. Programs and tests that refer to the Sdk are none.</summary>
    internal bool IsConnectorAssembly => _isConnectorAssembly.Value;

    /// <summary>Those of a compilation; null where it does not refer to the Sdk.</summary>
    internal static SdkTypes? Of(Compilation compilation)
    {
        var types = _known.GetValue(compilation, static each => new(each));
        return types.Connector is null || types.ConnectorAttribute is null || types.ConnectorContext is null ? null : types;
    }

    internal static bool Same(ISymbol? one, ISymbol? other) => one is not null && SymbolEqualityComparer.Default.Equals(one, other);

    /// <summary>Whether a type is another one or derives from it, whatever the type arguments.</summary>
    internal static bool DerivesFrom(ITypeSymbol? type, INamedTypeSymbol? ancestor)
    {
        for (var current = type; current is not null; current = current.BaseType)
        {
            if (Same(current.OriginalDefinition, ancestor))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The settings type that <c>[Connector]</c> on this class names, and the attribute.</summary>
    internal (AttributeData Attribute, ITypeSymbol Type)? SettingsOf(INamedTypeSymbol type)
    {
        var attribute = type.GetAttributes().FirstOrDefault(each => Same(each.AttributeClass, ConnectorAttribute));
        return attribute?.NamedArguments.FirstOrDefault(each => each.Key == "Settings").Value.Value is ITypeSymbol settings ? (attribute, settings) : null;
    }

    /// <summary>Whether a JsonSerializerContext has metadata of a type: because an attribute names it, or because a type that one names has it within.</summary>
    internal bool Knows(INamedTypeSymbol context, ITypeSymbol type) =>
        context.GetAttributes().Any(
            each => Same(each.AttributeClass, JsonSerializableAttribute) && each.ConstructorArguments.Length > 0
                && Same(each.ConstructorArguments[0].Value as ITypeSymbol, type))
        || PropertyFor(context, type) is not null;

    /// <summary>The generated property that gives a type's metadata.</summary>
    internal IPropertySymbol? PropertyFor(INamedTypeSymbol context, ITypeSymbol type) =>
        context.GetMembers().OfType<IPropertySymbol>().FirstOrDefault(
            each => each.Type is INamedTypeSymbol { TypeArguments.Length: 1 } info && Same(info.OriginalDefinition, JsonTypeInfoOf) && Same(info.TypeArguments[0], type));

    private bool HasConnector(INamespaceOrTypeSymbol container)
    {
        foreach (var member in container.GetMembers())
        {
            if (member is INamedTypeSymbol { TypeKind: TypeKind.Class } type && type.GetAttributes().Any(each => Same(each.AttributeClass, ConnectorAttribute)))
            {
                return true;
            }

            if (member is INamespaceOrTypeSymbol inner && HasConnector(inner))
            {
                return true;
            }
        }

        return false;
    }
}
