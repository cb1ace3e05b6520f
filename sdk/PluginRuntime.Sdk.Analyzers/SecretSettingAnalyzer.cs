using System;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace PluginRuntime.Sdk.Analyzers;

/// <summary>PR1008: settings that are named like secrets and have no <c>[Secret]</c>.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class SecretSettingAnalyzer() : ConnectorAnalyzer(Rules.SecretSettingRule)
{
    private static readonly ImmutableArray<string> _words =
    [
        "password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "accesskey", "privatekey", "signingkey", "encryptionkey", "sharedkey",
        "accountkey", "connectionstring", "credential",
    ];

    /// <summary>What a name ends in that speaks of a secret and holds none: where it is, how it is called, how long it lives.</summary>
    private static readonly ImmutableArray<string> _about =
    [
        "url", "uri", "endpoint", "address", "host", "name", "file", "path", "id", "type", "kind", "header", "prefix", "suffix", "scheme", "field", "parameter", "length",
        "policy", "lifetime", "expiry", "timeout", "audience", "issuer", "scope", "algorithm", "format", "mode", "location", "version", "hint",
    ];

    private protected override void Register(CompilationStartAnalysisContext context, SdkTypes types)
    {
        var seen = new ConcurrentDictionary<ITypeSymbol, bool>(SymbolEqualityComparer.Default);
        context.RegisterSymbolAction(
            symbol =>
            {
                if (types.SettingsOf((INamedTypeSymbol)symbol.Symbol) is { } settings && seen.TryAdd(settings.Type, true))
                {
                    Look(settings.Type, types, symbol.ReportDiagnostic);
                }
            },
            SymbolKind.NamedType);
        context.RegisterOperationAction(
            operation =>
            {
                var method = ((IInvocationOperation)operation.Operation).TargetMethod;
                if (method.Name == "GetSettings" && SdkTypes.Same(method.ContainingType, types.ConnectorContext) && seen.TryAdd(method.TypeArguments[0], true))
                {
                    Look(method.TypeArguments[0], types, operation.ReportDiagnostic);
                }
            },
            OperationKind.Invocation);
    }

    private void Look(ITypeSymbol settings, SdkTypes types, Action<Diagnostic> report)
    {
        for (var type = settings; type is { SpecialType: SpecialType.None }; type = type.BaseType)
        {
            foreach (var property in type.GetMembers().OfType<IPropertySymbol>())
            {
                if (property is { IsStatic: false, IsIndexer: false, DeclaredAccessibility: Accessibility.Public, Type.SpecialType: SpecialType.System_String }
                    && property.Locations[0].IsInSource
                    && LooksSecret(property.Name)
                    && !property.GetAttributes().Any(each => SdkTypes.Same(each.AttributeClass, types.SecretAttribute)
                        || SdkTypes.Same(each.AttributeClass, types.PathAttribute) || SdkTypes.Same(each.AttributeClass, types.JsonIgnoreAttribute)))
                {
                    report(Diagnostic.Create(Rule, property.Locations[0], property.Name));
                }
            }
        }
    }

    private static bool LooksSecret(string name)
    {
        var plain = name.Replace("_", "").ToLowerInvariant();
        return _words.Any(each => plain.Contains(each)) && !_about.Any(each => plain.EndsWith(each, StringComparison.Ordinal));
    }
}
