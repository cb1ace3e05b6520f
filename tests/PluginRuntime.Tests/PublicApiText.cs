using System.Reflection;

namespace PluginRuntime.Tests;

/// <summary>What an assembly shows to others, a line a member, sorted.</summary>
internal static class PublicApiText
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    internal static List<string> Of(Assembly assembly) =>
        [.. assembly.GetExportedTypes().SelectMany(type => Members(type).Prepend(Head(type))).Order(StringComparer.Ordinal)];

    private static string Head(Type type)
    {
        var kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct"
            : type.IsAbstract && type.IsSealed ? "static class" : type.IsAbstract ? "abstract class" : type.IsSealed ? "sealed class" : "class";
        IEnumerable<Type> bases = type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum) ? [parent] : [];
        bases = type.IsEnum ? bases : bases.Concat(type.GetInterfaces().OrderBy(Name, StringComparer.Ordinal));
        var list = string.Join(", ", bases.Select(Name));
        return $"{Name(type)}: {kind}{(list.Length > 0 ? " : " + list : "")}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        foreach (var member in type.GetMembers(Declared).Where(IsVisible))
        {
            var text = member switch
            {
                FieldInfo { IsLiteral: true } constant when type.IsEnum => $"{constant.Name} = {Convert.ToInt64(constant.GetRawConstantValue(), null)}",
                FieldInfo { IsLiteral: true } constant => $"const {constant.Name}: {Name(constant.FieldType)} = {constant.GetRawConstantValue()}",
                FieldInfo { IsSpecialName: false } field => $"{Access(field)}{field.Name}: {Name(field.FieldType)}{(field.IsInitOnly ? " readonly" : "")}",
                ConstructorInfo constructor => $"{Access(constructor)}new({Parameters(constructor)})",
                MethodInfo { IsSpecialName: false } method => $"{Access(method)}{method.Name}{Generics(method)}({Parameters(method)}): {TypeName(method.ReturnParameter)}",
                PropertyInfo property => $"{Access(property.GetMethod ?? property.SetMethod!)}{property.Name}: {PropertyName(property)}{Accessors(property)}",
                EventInfo happening => $"event {happening.Name}: {Name(happening.EventHandlerType!)}",
                _ => null,
            };
            if (text is not null)
            {
                yield return $"{Name(type)}.{text}";
            }
        }
    }

    private static bool IsVisible(MemberInfo member) => !member.Name.StartsWith('<') && member switch
    {
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        MethodBase method => IsVisible(method),
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible),
        EventInfo happening => IsVisible(happening.AddMethod!),
        _ => false,
    };

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Access(FieldInfo field) => (field.IsPublic ? "" : "protected ") + (field.IsStatic ? "static " : "");

    private static string Access(MethodBase method) =>
        (method.IsPublic ? "" : "protected ") + (method.IsStatic ? "static " : "")
        + (method.DeclaringType!.IsInterface ? "" : method.IsAbstract ? "abstract " : method is { IsVirtual: true, IsFinal: false } && !method.DeclaringType.IsSealed ? "virtual " : "");

    private static string Accessors(PropertyInfo property)
    {
        var isRequired = property.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute));
        var isInit = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(System.Runtime.CompilerServices.IsExternalInit)) == true;
        var get = property.GetMethod is { } getter && IsVisible(getter) ? " get;" : "";
        var set = property.SetMethod is { } setter && IsVisible(setter) ? isInit ? " init;" : " set;" : "";
        return $" {{{get}{set} }}{(isRequired ? " required" : "")}";
    }

    private static string Generics(MethodInfo method) =>
        method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method.GetParameters().Select(parameter => $"{TypeName(parameter)} {parameter.Name}{(parameter.HasDefaultValue ? " = " + (parameter.DefaultValue ?? "default") : "")}"));

    private static string TypeName(ParameterInfo parameter) => Name(parameter.ParameterType) + Nullable(parameter.ParameterType, new NullabilityInfoContext().Create(parameter).ReadState);

    private static string PropertyName(PropertyInfo property) => Name(property.PropertyType) + Nullable(property.PropertyType, new NullabilityInfoContext().Create(property).ReadState);

    private static string Nullable(Type type, NullabilityState state) => !type.IsValueType && state == NullabilityState.Nullable ? "?" : "";

    private static string Name(Type type)
    {
        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        if (type.HasElementType)
        {
            return Name(type.GetElementType()!) + (type.IsArray ? "[]" : type.IsByRef ? "&" : "*");
        }

        if (System.Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying) + "?";
        }

        var name = type.IsNested ? $"{Name(type.DeclaringType!)}+{type.Name}" : type.Namespace?.StartsWith("PluginRuntime", StringComparison.Ordinal) == true ? $"{type.Namespace}.{type.Name}" : type.Name;
        return type.IsGenericType ? $"{name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : name;
    }
}
