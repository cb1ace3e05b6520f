using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace PluginRuntime.Sdk.Analyzers;

/// <summary>What goes on by itself once it was made: timers, threads, and tasks of the pool.</summary>
internal sealed class StartedThings(Compilation compilation)
{
    private readonly ImmutableArray<INamedTypeSymbol?> _created =
    [
        compilation.GetTypeByMetadataName("System.Threading.Timer"),
        compilation.GetTypeByMetadataName("System.Timers.Timer"),
        compilation.GetTypeByMetadataName("System.Threading.PeriodicTimer"),
        compilation.GetTypeByMetadataName("System.Threading.Thread"),
    ];

    private readonly INamedTypeSymbol? _timeProvider = compilation.GetTypeByMetadataName("System.TimeProvider");

    /// <summary>How a message calls what this operation starts; null when it starts nothing.</summary>
    internal string? NameOf(IOperation operation) => operation switch
    {
        IObjectCreationOperation { Type: INamedTypeSymbol type } => _created.Any(each => SdkTypes.Same(each, type)) ? type.Name : null,
        IInvocationOperation { TargetMethod: { Name: "CreateTimer" } method } => SdkTypes.DerivesFrom(method.ContainingType, _timeProvider) ? "CreateTimer" : null,
        IInvocationOperation invocation when IsTask(invocation) => invocation.TargetMethod.ContainingType.Name + "." + invocation.TargetMethod.Name,
        _ => null,
    };

    internal static bool IsTask(IOperation operation) => operation is IInvocationOperation { TargetMethod: var method }
        && (method.ContainingType.ToDisplayString(), method.Name) is ("System.Threading.Tasks.Task", "Run") or ("System.Threading.Tasks.TaskFactory", "StartNew");
}
