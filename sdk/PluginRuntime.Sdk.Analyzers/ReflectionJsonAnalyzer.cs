using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace PluginRuntime.Sdk.Analyzers;

/// <summary>PR1002: serializers that find out about types at run time.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ReflectionJsonAnalyzer() : ConnectorAnalyzer(Rules.ReflectionJsonRule)
{
    /// <summary>All public methods of these are serialization; those that take type information are the safe ones.</summary>
    private static readonly ImmutableHashSet<string> _serializers =
    [
        "System.Text.Json.JsonSerializer",
        "System.Net.Http.Json.HttpClientJsonExtensions",
        "System.Net.Http.Json.HttpContentJsonExtensions",
        "System.Net.Http.Json.JsonContent",
    ];

    private static readonly ImmutableHashSet<string> _newtonsoft =
    [
        "Newtonsoft.Json.JsonConvert.SerializeObject",
        "Newtonsoft.Json.JsonConvert.DeserializeObject",
        "Newtonsoft.Json.JsonConvert.DeserializeAnonymousType",
        "Newtonsoft.Json.JsonConvert.PopulateObject",
        "Newtonsoft.Json.JsonSerializer.Serialize",
        "Newtonsoft.Json.JsonSerializer.Deserialize",
        "Newtonsoft.Json.JsonSerializer.Populate",
        "Newtonsoft.Json.Linq.JToken.FromObject",
        "Newtonsoft.Json.Linq.JObject.FromObject",
        "Newtonsoft.Json.Linq.JArray.FromObject",
        "Newtonsoft.Json.Linq.JToken.ToObject",
    ];

    private protected override void Register(CompilationStartAnalysisContext context, SdkTypes types)
    {
        if (!types.IsConnectorAssembly)
        {
            return;
        }

        context.RegisterOperationAction(operation => Look(operation, types), OperationKind.Invocation);
    }

    private void Look(OperationAnalysisContext context, SdkTypes types)
    {
        var invocation = (IInvocationOperation)context.Operation;
        var method = (invocation.TargetMethod.ReducedFrom ?? invocation.TargetMethod).OriginalDefinition;
        var container = method.ContainingType.ToDisplayString();
        string advice;
        if (_serializers.Contains(container) && !method.Parameters.Any(each => IsTypeInformation(each.Type, types)) && !UsesContextsOptions(invocation, types))
        {
            advice = "pass the type information of a JsonSerializerContext";
        }
        else if (IsNodeOfAnyType(invocation.TargetMethod, container, types))
        {
            advice = "pass the type information of a JsonSerializerContext";
        }
        else if (_newtonsoft.Contains(container + "." + method.Name))
        {
            advice = "use System.Text.Json with a JsonSerializerContext";
        }
        else
        {
            return;
        }

        context.ReportDiagnostic(Diagnostic.Create(Rule, CodePlaces.Name(invocation).GetLocation(), method.ContainingType.Name + "." + method.Name, advice));
    }

    private static bool IsTypeInformation(ITypeSymbol type, SdkTypes types) =>
        SdkTypes.DerivesFrom(type, types.JsonTypeInfo) || SdkTypes.DerivesFrom(type, types.JsonTypeInfoOf) || SdkTypes.DerivesFrom(type, types.JsonSerializerContext);

    // Ctx.Default.Options resolves types by the context alone.
    private static bool UsesContextsOptions(IInvocationOperation invocation, SdkTypes types) =>
        invocation.Arguments.Any(each => CodePlaces.Unconverted(each.Value) is IPropertyReferenceOperation { Property.Name: "Options", Instance: { } instance }
            && SdkTypes.DerivesFrom(CodePlaces.Unconverted(instance).Type, types.JsonSerializerContext));

    // The framework's own values and nodes are written without reflection.
    private static bool IsNodeOfAnyType(IMethodSymbol method, string container, SdkTypes types) =>
        (container, method.Name) is ("System.Text.Json.Nodes.JsonValue", "Create") or ("System.Text.Json.Nodes.JsonArray", "Add") or ("System.Text.Json.Nodes.JsonNode", "ReplaceWith")
        && method.IsGenericMethod
        && !method.Parameters.Any(each => IsTypeInformation(each.Type, types))
        && method.TypeArguments[0] is { SpecialType: SpecialType.None } type
        && type.ContainingNamespace?.ToDisplayString() is not ("System.Text.Json" or "System.Text.Json.Nodes" or "System");
}
